#pragma once
// Shoppers, clerks, and the merchant's support: what they do to returns at both ends and at the hub, each return by a
// story of its own.

#include "hub.hpp"

namespace backhaul::sim {

class People {
 public:
  // `hub`: the present life, or nothing. `span`: when everyone goes home.
  People(Stage& stage, std::vector<Merchant>& merchants, std::function<Hub*()> hub, Millis span);

  // Plans the stories of so many returns.
  void plan(int returns);
  // Nobody does anything any more.
  void go_home() { home_ = true; }
  [[nodiscard]] int submitted() const { return submitted_; }

 private:
  void submit(int number, Merchant& merchant);
  void live(Merchant& merchant, Platform::Return& about, Rng rng);
  void on_flag(Merchant& merchant, Platform::Return& about);
  void on_failure(Merchant& merchant, Platform::Return& about);
  void on_rma(Warehouse& warehouse, Warehouse::Rma& rma);
  void receive(Warehouse& warehouse, Warehouse::Rma& rma, Rng& rng);
  void ask_retry(Platform::Return& about, std::string_view effect);
  // Does `what` after a while, unless everyone went home; it says what it did, or nothing.
  void later(Millis after, std::function<void()> what);
  void did(std::string_view row, const Platform::Return& about, Phase before);

  Stage& stage_;
  std::vector<Merchant>& merchants_;
  std::function<Hub*()> hub_;
  Millis span_;
  bool home_ = false;
  int submitted_ = 0;
};

}  // namespace backhaul::sim
