#include "intake/answers.hpp"

namespace backhaul::intake {

int status_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::stored:
    case Verdict::duplicate:
    case Verdict::unreadable:
      return 200;
    case Verdict::bad_signature:
      return 0;
    case Verdict::store_failed:
    case Verdict::too_busy:
      return 503;
    case Verdict::unknown_token:
      return 404;
    case Verdict::wrong_method:
      return 405;
  }
  return 503;
}

std::string_view words_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::stored:
      return "stored";
    case Verdict::duplicate:
      return "stored before";
    case Verdict::unreadable:
      return "kept, but it could not be read";
    case Verdict::bad_signature:
      return "the signature does not match this connection's webhook secret";
    case Verdict::store_failed:
      return "not stored, please send it again";
    case Verdict::too_busy:
      return "busy, please send it again";
    case Verdict::unknown_token:
      return "no connection has this address";
    case Verdict::wrong_method:
      return "deliveries are sent with POST";
  }
  return "";
}

}  // namespace backhaul::intake
