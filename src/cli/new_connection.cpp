#include "cli/new_connection.hpp"

#include <boost/json.hpp>

namespace backhaul::cli {

StoredConnection new_connection(Session& session, const connectors::Connector& connector, std::string merchant,
                                std::string name) {
  StoredConnection made;
  made.row.id = make_connection_id(session.loop.now().ms, connections::random_number());
  made.row.merchant = MerchantId{std::move(merchant)};
  made.row.vendor = connector.vendor;
  made.row.role = connector.role == connectors::Role::source ? "source" : "destination";
  made.row.name = std::move(name);
  made.row.created_at = session.loop.now();
  // 32 bytes: nobody guesses the address deliveries come in by.
  made.secrets.token = connections::random_token(32);
  return made;
}

Result<void, Problem> fill_in(const Session& session, StoredConnection& into, const connections::Metadata& metadata,
                              const boost::json::object& values) {
  auto checked = connections::check_fields(metadata, values);
  if (!checked) return fail(checked.error());
  into.secrets.credentials = std::move(checked->credentials);
  into.row.settings = boost::json::serialize(checked->settings);
  into.row.sealed = connections::seal_secrets(session.vault, into.secrets);
  return {};
}

}  // namespace backhaul::cli
