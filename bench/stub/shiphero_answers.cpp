#include "bench/stub/shiphero_answers.hpp"

#include <openssl/evp.h>

#include <array>

namespace backhaul::bench::stub {

namespace {

constexpr std::string_view return_prefix = "Return:";

struct Sku {
  std::string_view sku;
  std::string_view partner_line_item_id;
};
// The lines of payloads/loop-return-created.json.
constexpr std::array<Sku, 3> skus{
    {{"LW-TEE-BLK-M", "12000000000001"}, {"LW-TEE-NVY-M", "12000000000002"}, {"LW-SOCK-GRY-L", "12000000000003"}}};

constexpr std::string_view order_id = "T3JkZXI6OTAwMDAx";      // Order:900001
constexpr std::string_view warehouse_id = "V2FyZWhvdXNlOjQy";  // Warehouse:42
constexpr std::string_view account_id = "QWNjb3VudDo3NzE=";    // Account:771
constexpr std::string_view payload_order_id = "5510283372716";
constexpr std::string_view payload_order_number = "#LW10482";

constexpr std::string_view order_text =
    R"({"id":"@ORDER@","legacy_id":900001,"account_id":"@ACCOUNT@","order_number":"@NUMBER@",)"
    R"("partner_order_id":"@PARTNER@","shop_name":"lw-sample.myshopify.com","source":"shopify",)"
    R"("fulfillment_status":"fulfilled","order_date":"2026-03-01T10:00:00","created_at":"2026-03-01T10:00:00",)"
    R"("email":null,"currency":"USD","tags":[],"shipping_address":{"first_name":"Jordan","last_name":"Example",)"
    R"("company":null,"address1":"742 Evergreen Terrace","address2":"Apt 5B","city":"Columbus","state":"OH",)"
    R"("state_code":"OH","zip":"43215","country":"US","country_code":"US","email":null,"phone":null},)"
    R"("line_items":@LINES@,"shipments":[{"id":"U2hpcG1lbnQ6MQ==","legacy_id":1,"warehouse_id":"@WAREHOUSE@"}],)"
    R"("returns":[],"rma_labels":[],"merged_orders":[]})";

constexpr std::string_view order_line_text =
    R"({"id":"TGluZUl0ZW06@N@","legacy_id":@N@,"sku":"@SKU@","partner_line_item_id":"@PARTNER@","quantity":1,)"
    R"("quantity_shipped":1,"fulfillment_status":"fulfilled","eligible_for_return":true,"product":{"sku":"@SKU@"}})";

constexpr std::string_view return_text =
    R"({"id":"@ID@","legacy_id":700001,"account_id":"@ACCOUNT@","order_id":"@ORDER@","partner_id":"@PARTNER@",)"
    R"("reason":"Too small","status":"@STATUS@","label_type":"SELF_RETURN","label_cost":"0.00","labels":[],)"
    R"("line_items":[@LINES@],"total_items_expected":3,"total_items_received":@ALL@,"total_items_restocked":@ALL@,)"
    R"("created_at":"2026-03-14T15:09:27","exchanges":[],"attachments":[],"return_history":[]})";

constexpr std::string_view return_line_text =
    R"({"id":"UmV0dXJuSXRlbTo@N@","legacy_id":@N@,"line_item_id":"TGluZUl0ZW06@N@","warehouse_id":"@WAREHOUSE@",)"
    R"("quantity":1,"quantity_received":@EACH@,"restock":@EACH@,"condition":null,"is_component":false,"reason":"Too small",)"
    R"("line_item":{"id":"TGluZUl0ZW06@N@","sku":"@SKU@","partner_line_item_id":"@PARTNER@"},"product":{"sku":"@SKU@"}})";

struct Blank {
  std::string_view name;
  std::string_view value;
};

template <std::size_t N>
std::string filled(std::string_view text, const Blank (&blanks)[N]) {
  std::string result;
  result.reserve(text.size() + 512);
  while (!text.empty()) {
    auto start = text.find('@');
    result += text.substr(0, start);
    if (start == std::string_view::npos) break;
    auto end = text.find('@', start + 1);
    auto name = text.substr(start + 1, end - start - 1);
    for (const auto& blank : blanks) {
      if (blank.name == name) result += blank.value;
    }
    text.remove_prefix(end + 1);
  }
  return result;
}

std::string line_json(std::string_view text, std::size_t index, Received received = Received::nothing) {
  auto number = std::to_string(index + 1);
  return filled(text, {{"N", number},
                       {"SKU", skus[index].sku},
                       {"PARTNER", skus[index].partner_line_item_id},
                       {"EACH", received == Received::everything ? "1" : "0"},
                       {"WAREHOUSE", warehouse_id}});
}

std::string base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // and OpenSSL's NUL
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), reinterpret_cast<const unsigned char*>(bytes.data()),
                  static_cast<int>(bytes.size()));
  text.pop_back();
  return text;
}

std::string warehouse_json() {
  return filled(R"({"id":"@WAREHOUSE@","legacy_id":42,"identifier":"Primary","active":true})",
                {{"WAREHOUSE", warehouse_id}});
}

}  // namespace

std::string order_json(const AskedOrder& asked) {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < skus.size(); ++i) lines.push_back(line_json(order_line_text, i));
  auto page = connection_json(lines);
  return filled(order_text, {{"ORDER", order_id},
                             {"ACCOUNT", account_id},
                             {"WAREHOUSE", warehouse_id},
                             {"NUMBER", asked.order_number.empty() ? payload_order_number : asked.order_number},
                             {"PARTNER", asked.partner_order_id.empty() ? payload_order_id : asked.partner_order_id},
                             {"LINES", page}});
}

std::string return_json(const std::string& partner_id, Received received) {
  std::string lines;
  for (std::size_t i = 0; i < skus.size(); ++i) lines += (i == 0 ? "" : ",") + line_json(return_line_text, i, received);
  auto id = base64(std::string{return_prefix} + partner_id);
  const bool all = received == Received::everything;
  return filled(return_text, {{"ID", id},
                              {"ACCOUNT", account_id},
                              {"ORDER", order_id},
                              {"PARTNER", partner_id},
                              {"STATUS", all ? "Complete" : "pending"},
                              {"ALL", all ? "3" : "0"},
                              {"LINES", lines}});
}

std::string partner_id_of(const std::string& return_id) {
  std::string bytes(return_id.size() / 4 * 3, '\0');
  int length =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                      reinterpret_cast<const unsigned char*>(return_id.data()), static_cast<int>(return_id.size()));
  if (length < 0 || !bytes.starts_with(return_prefix)) return {};
  bytes.resize(static_cast<std::size_t>(length));
  while (!bytes.empty() && bytes.back() == '\0') bytes.pop_back();  // the padding, which OpenSSL counts
  return bytes.substr(return_prefix.size());
}

std::string account_json() {
  return R"({"id":")" + std::string{account_id} +
         R"(","legacy_id":771,"email":"dev@example.test","username":"sample",)" +
         R"("status":"active","is_3pl":false,"is_multi_warehouse":false,"warehouses":[)" + warehouse_json() +
         R"(],"customers":)" + connection_json({}) + "}";
}

std::string me_json() {
  return R"({"id":"VXNlcjox","legacy_id":1,"email":"dev@example.test","is_developer":true,"is_admin":false,"scopes":[],)" +
         std::string{R"("account":)"} + account_json() + R"(,"allowed_warehouses":[)" + warehouse_json() + "]}";
}

std::string connection_json(const std::vector<std::string>& nodes) {
  std::string edges;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    edges += (i == 0 ? "" : ",") + (R"({"cursor":")" + base64("arrayconnection:" + std::to_string(i))) +
             R"(","node":)" + nodes[i] + "}";
  }
  return R"({"pageInfo":{"hasNextPage":false,"hasPreviousPage":false,"startCursor":null,"endCursor":null},"edges":[)" +
         edges + "]}";
}

std::string envelope_json(std::string_view name, const std::string& value) {
  return R"({"request_id":"66b0c0ffee00112233445566","complexity":1,")" + std::string{name} + R"(":)" + value + "}";
}

}  // namespace backhaul::bench::stub
