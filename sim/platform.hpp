#pragma once
// A returns platform with Loop's manners, and its books: what was really asked of it and what it really did. Outlives
// every life of the hub.

#include <deque>
#include <unordered_map>

#include "post.hpp"
#include "wire.hpp"

namespace backhaul::sim {

class Platform {
 public:
  struct Acceptance {
    Time at;
    bool ended = false;
    bool failed = false;
    bool told = false;   // the word of its failure was sent, or lost
    bool known = false;  // the hub has on disk that it was accepted, or acknowledged that it failed
  };
  // The hub asked how a return stands: when it asked, and what it was told.
  struct Look {
    const HubLoop* life = nullptr;
    Time sent;
    Time at;
    returns::SourceState state = returns::SourceState::unknown;
    bool flagged = false;
  };
  struct Raised {
    Time at;
    std::string text;       // of a note
    bool recorded = false;  // the hub has it on disk that this was done
  };
  struct Raisings {
    std::vector<Raised> all;
    std::size_t unheard = 0;  // those after which another one was raised before the hub had them on disk
  };
  struct Return {
    std::string id;
    int number = 0;
    returns::SourceView view;
    bool processing = false;
    std::vector<Acceptance> accepted;
    Raisings flags;  // by the hub
    Raisings notes;
    int retries_asked = 0;    // of a process, by a person, at the hub
    std::vector<Look> looks;  // the newest few reads of this return alone
    std::uint64_t calls = 0;
  };

  Platform(Stage& stage, Post& post, std::string name, ConnectionId connection)
      : stage_(stage), post_(post), name_(name), connection_(std::move(connection)), wire_(stage, std::move(name)) {}

  // --- people and time. What the platform would not let them do changes nothing and gives false.
  Return& submit(int number, returns::SourceView view);
  bool add_label(Return& about);
  bool hold(Return& about);
  bool lift(Return& about);
  bool close(Return& about);            // without an outcome
  bool process_by_hand(Return& about);  // also a held one
  bool cancel(Return& about);
  bool expire(Return& about);
  void end_processing(Return& about, bool fails);

  // --- the hub
  [[nodiscard]] connectors::Outcome<returns::SourceView> look_up(const std::string& id, Look look);
  [[nodiscard]] connectors::Outcome<void> act(const connectors::Action& action, Time sent);
  [[nodiscard]] bool stands(const connectors::Action& action);
  [[nodiscard]] connectors::Page<connectors::SourceRead> list(connectors::Window window, const std::string& cursor);
  // The view the hub was told or shown last, for the mutation that acts on it.
  std::map<std::string, returns::SourceView> told;

  // --- the books
  [[nodiscard]] Return* find(const std::string& id);
  [[nodiscard]] Phase phase(const Return& about) const;
  std::deque<Return> returns;
  Time listed_at;       // when the hub last asked for its list
  Millis list_lags{0};  // what changed within this time is not listed yet
  // Laws 3 and 4 look at both sides of a return; the simulation knows the other one.
  std::function<void(const Return&, Time sent)> check_process;
  std::function<std::size_t(const Return&)> reasons_to_flag;  // distinct facts read that ask for a person
  std::function<Phase(const Return&)> rma_phase;              // how far the goods of an open one are
  std::function<void(Return&)> flagged;                       // somebody should look at it now
  std::function<void(Return&)> processing_failed;

  [[nodiscard]] Wire& wire() { return wire_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const ConnectionId& connection() const { return connection_; }

 private:
  connectors::Outcome<void> process(Return& about, Time sent);
  connectors::Outcome<void> flag(Return& about);
  connectors::Outcome<void> note(Return& about, const std::string& text);
  void raise(const Return& about, Raisings& which, std::string text, std::string_view what);
  void set_state(Return& about, returns::SourceState state, bool held);
  void tell(Return& about, std::string_view topic);
  void tell_failure(Return& about);
  void send(Return& about, std::string_view topic, std::string body, std::function<void()> acknowledged);

  Stage& stage_;
  Post& post_;
  std::string name_;
  ConnectionId connection_;
  Wire wire_;
  std::unordered_map<std::string, Return*> by_id_;
};

}  // namespace backhaul::sim
