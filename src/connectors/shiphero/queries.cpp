#include "connectors/shiphero/queries.hpp"

namespace backhaul::connectors::shiphero {
namespace {

constexpr double mutation_cost = 10;

// Documents are sent as they stand here, so they are written without needless blanks. What a return is read with stands
// twice, once per root field; the test `both_documents_read_the_same_fields` keeps them equal. No addresses: the answer
// is kept in the journal.
constexpr std::string_view find_orders_document =
    R"(query($partner_order_id:String,$order_number:String,$shop_name:String,$customer_account_id:String){
orders(partner_order_id:$partner_order_id,order_number:$order_number,shop_name:$shop_name,customer_account_id:$customer_account_id){
request_id complexity data(first:2){pageInfo{hasNextPage endCursor}edges{cursor node{
id order_number partner_order_id shop_name
line_items(first:50){pageInfo{hasNextPage endCursor}edges{cursor node{id sku partner_line_item_id quantity}}}
shipments{warehouse_id}
shipping_address{first_name last_name address1 address2 city state state_code zip country country_code phone}
returns{id partner_id status}}}}}})";

constexpr std::string_view order_lines_document =
    R"(query($id:String!,$after:String){order(id:$id){request_id complexity data{id
line_items(first:100,after:$after){pageInfo{hasNextPage endCursor}edges{cursor node{id sku partner_line_item_id quantity}}}}}})";

constexpr std::string_view returns_of_order_document =
    R"(query($order_id:String!,$customer_account_id:String,$after:String){
returns(order_id:$order_id,customer_account_id:$customer_account_id){request_id complexity
data(first:100,after:$after){pageInfo{hasNextPage endCursor}edges{cursor node{id partner_id status}}}}})";

constexpr std::string_view read_return_document =
    R"(query($id:String!){return(id:$id){request_id complexity data{
id legacy_id partner_id order_id status reason label_type created_at
total_items_expected total_items_received total_items_restocked
line_items{id quantity quantity_received restock condition reason is_component warehouse_id
line_item{sku partner_line_item_id}product{sku}}
labels{tracking_number carrier status}attachments{url description}}}})";

constexpr std::string_view list_returns_document =
    R"(query($updated_from:ISODateTime,$updated_to:ISODateTime,$customer_account_id:String,$after:String){
returns(updated_from:$updated_from,updated_to:$updated_to,customer_account_id:$customer_account_id){request_id complexity
data(first:25,after:$after){pageInfo{hasNextPage endCursor}edges{cursor node{
id legacy_id partner_id order_id status reason label_type created_at
total_items_expected total_items_received total_items_restocked
line_items{id quantity quantity_received restock condition reason is_component warehouse_id
line_item{sku partner_line_item_id}product{sku}}
labels{tracking_number carrier status}attachments{url description}}}}}})";

constexpr std::string_view account_document =
    R"(query{account{request_id complexity data{id is_3pl warehouses{id identifier active}}}})";

constexpr std::string_view me_document = R"(query{me{request_id complexity data{id is_developer scopes}}})";

constexpr std::string_view user_quota_document = R"(query{user_quota{credits_remaining max_available increment_rate}})";

constexpr std::string_view webhooks_document =
    R"(query($customer_account_id:String,$after:String){webhooks(customer_account_id:$customer_account_id){request_id complexity
data(first:50,after:$after){pageInfo{hasNextPage endCursor}edges{cursor node{id name shop_name url enabled health}}}}})";

constexpr std::string_view create_return_document =
    R"(mutation($data:CreateReturnInput!){return_create(data:$data){request_id complexity
return{id partner_id status total_items_expected}}})";

constexpr std::string_view add_attachment_document =
    R"(mutation($data:AddReturnAttachmentInput!){return_add_attachment(data:$data){request_id complexity return{id}}})";

constexpr std::string_view update_status_document =
    R"(mutation($data:UpdateReturnStatusInput!){return_update_status(data:$data){request_id complexity return{id status}}})";

// The webhook mutations take their fields one by one, because the names of their input types are not all documented
// alike.
constexpr std::string_view create_webhook_document =
    R"(mutation($name:String!,$url:String!,$shop_name:String,$customer_account_id:String){
webhook_create(data:{name:$name,url:$url,shop_name:$shop_name,enabled:true,customer_account_id:$customer_account_id}){
request_id complexity webhook{id name shop_name url enabled health shared_signature_secret}}})";

constexpr std::string_view delete_webhook_document =
    R"(mutation($name:String!,$shop_name:String,$customer_account_id:String){
webhook_delete(data:{name:$name,shop_name:$shop_name,customer_account_id:$customer_account_id}){request_id complexity}})";

constexpr std::string_view enable_webhook_document =
    R"(mutation($webhook_id:String!){webhook_enable(data:{webhook_id:$webhook_id}){
request_id complexity webhook{id enabled health}}})";

constexpr std::string_view update_webhook_url_document =
    R"(mutation($webhook_id:String!,$new_url:String!){webhook_update_url(data:{webhook_id:$webhook_id,new_url:$new_url}){
request_id complexity webhook{id url enabled health shared_signature_secret}}})";

Operation mutation(std::string_view name, std::string_view document) {
  return Operation{name, document, mutation_cost, Call::effect};
}

}  // namespace

Operation find_orders_operation() {
  return {"orders", find_orders_document, 1 + orders_page + orders_page * order_lines_page, Call::read};
}
Operation order_lines_operation() {
  return {"order", order_lines_document, 1 + more_lines_page, Call::read};
}
Operation returns_of_order_operation() {
  return {"returns", returns_of_order_document, 1 + return_heads_page, Call::read};
}
Operation read_return_operation() {
  return {"return", read_return_document, 1, Call::read};
}
Operation list_returns_operation() {
  return {"returns", list_returns_document, 1 + returns_page, Call::read};
}
Operation account_operation() {
  return {"account", account_document, 1, Call::read};
}
Operation me_operation() {
  return {"me", me_document, 1, Call::read};
}
Operation user_quota_operation() {
  return {"user_quota", user_quota_document, 1, Call::read};
}
Operation webhooks_operation() {
  return {"webhooks", webhooks_document, 1 + webhooks_page, Call::read};
}
Operation create_return_operation() {
  return mutation("return_create", create_return_document);
}
Operation add_attachment_operation() {
  return mutation("return_add_attachment", add_attachment_document);
}
Operation update_status_operation() {
  return mutation("return_update_status", update_status_document);
}
Operation create_webhook_operation() {
  return mutation("webhook_create", create_webhook_document);
}
Operation delete_webhook_operation() {
  return mutation("webhook_delete", delete_webhook_document);
}
Operation enable_webhook_operation() {
  return mutation("webhook_enable", enable_webhook_document);
}
Operation update_webhook_url_operation() {
  return mutation("webhook_update_url", update_webhook_url_document);
}

}  // namespace backhaul::connectors::shiphero
