#pragma once
// Ways to break the hub on purpose, each from outside it: by what stands between it and its store or its vendors. The
// simulation must notice every one of them, or it proves nothing.

#include <array>
#include <cstdint>
#include <string_view>

namespace backhaul::sim {

enum class Mutation : std::uint8_t {
  none,
  acknowledge_before_commit,  // a delivery is answered, and then written
  make_without_looking,       // a create does not look for what an earlier one made
  forget_unknown,             // a try that may have taken place is repeated as if it had not
  act_on_a_hint,              // reads answer what was told last instead of asking
  overlook_review,            // reads show a return that is held as open
  overlook_receipt,           // reads show what the warehouse said first
  flag_again,                 // that a flag was raised is forgotten
  drop_an_outcome,            // now and then the end of a job is not news
  stop_polling,               // lists of changes are empty
  no_reason_given,            // jobs lose the rule that asked for them
  wrong_merchant,             // calls of one merchant reach another's vendor
  log_the_body,               // deliveries are logged
  never_give_up,              // a failed job is due again at once, and no attempt is spent
  hide_trouble,               // what needs a person is not put on the list
  count_
};

struct MutationInfo {
  Mutation mutation;
  std::string_view name;
  int law;  // the one it breaks first of all
};
constexpr std::array<MutationInfo, 14> mutations{{{Mutation::acknowledge_before_commit, "acknowledge_before_commit", 1},
                                                  {Mutation::make_without_looking, "make_without_looking", 2},
                                                  {Mutation::forget_unknown, "forget_unknown", 2},
                                                  {Mutation::act_on_a_hint, "act_on_a_hint", 3},
                                                  {Mutation::overlook_review, "overlook_review", 3},
                                                  {Mutation::overlook_receipt, "overlook_receipt", 3},
                                                  {Mutation::flag_again, "flag_again", 4},
                                                  {Mutation::drop_an_outcome, "drop_an_outcome", 5},
                                                  {Mutation::stop_polling, "stop_polling", 5},
                                                  {Mutation::no_reason_given, "no_reason_given", 6},
                                                  {Mutation::wrong_merchant, "wrong_merchant", 7},
                                                  {Mutation::log_the_body, "log_the_body", 8},
                                                  {Mutation::never_give_up, "never_give_up", 9},
                                                  {Mutation::hide_trouble, "hide_trouble", 10}}};
static_assert(mutations.size() + 1 == static_cast<std::size_t>(Mutation::count_));

}  // namespace backhaul::sim
