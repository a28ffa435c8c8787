// The warehouse's client: the two calls an RMA takes, with the documents, headers and input that the hub sends.
import { Pool } from "undici";

const ordersDocument = `query($partner_order_id:String,$order_number:String,$shop_name:String,$customer_account_id:String){
orders(partner_order_id:$partner_order_id,order_number:$order_number,shop_name:$shop_name,customer_account_id:$customer_account_id){
request_id complexity data(first:2){pageInfo{hasNextPage endCursor}edges{cursor node{
id order_number partner_order_id shop_name
line_items(first:50){pageInfo{hasNextPage endCursor}edges{cursor node{id sku partner_line_item_id quantity}}}
shipments{warehouse_id}
shipping_address{first_name last_name address1 address2 city state state_code zip country country_code phone}
returns{id partner_id status}}}}}}`;

const returnCreateDocument = `mutation($data:CreateReturnInput!){return_create(data:$data){request_id complexity
return{id partner_id status total_items_expected}}}`;

const headers = {
  "content-type": "application/json",
  accept: "application/json",
  "user-agent": "Mozilla/5.0 (compatible; Backhaul)",
  authorization: "Bearer stub-access-token",
};

// Gives a function from a delivery's body to the id of the RMA made for it. Connections are kept alive, one call under way on
// each.
export function connectWarehouse(url, { connections }) {
  const pool = new Pool(new URL(url).origin, { connections, pipelining: 1 });
  const path = `${new URL(url).pathname.replace(/\/$/, "")}/graphql`;
  const ask = async (query, variables) => {
    const { status, text } = await send(pool, { path, method: "POST", headers, body: JSON.stringify({ query, variables }) });
    const { data, errors } = JSON.parse(text);
    if (status !== 200 || errors) throw new Error(`the warehouse answered ${status}`);
    return data;
  };
  return async (body) => {
    const message = JSON.parse(body);
    const reference = String(message.id);
    const order = await findOrder(ask, message);
    const known = order.returns.find(({ partner_id }) => partner_id === reference);
    if (known) return known.id;
    const { return_create } = await ask(returnCreateDocument, { data: rmaInput(message, order, reference) });
    return return_create.return.id;
  };
}

// undici's lowest layer: pool.request would wrap each answer in a stream.
function send(pool, request) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    let status;
    pool.dispatch(request, {
      onRequestStart() {},
      onResponseStart: (_controller, code) => (status = code),
      onResponseData: (_controller, chunk) => chunks.push(chunk),
      onResponseEnd: () => resolve({ status, text: chunks.length === 1 ? chunks[0] : Buffer.concat(chunks) }),
      onResponseError: (_controller, error) => reject(error),
    });
  });
}

// By the shop's id of the order first, as the hub does, then by its number.
async function findOrder(ask, message) {
  for (const filter of [{ partner_order_id: String(message.provider_order_id) }, { order_number: message.order_name }]) {
    const { orders } = await ask(ordersDocument, filter);
    if (orders.data.edges.length > 0) return orders.data.edges[0].node;
  }
  throw new Error(`the warehouse has no order ${message.order_name}`);
}

function rmaInput(message, order, reference) {
  const skus = new Set(order.line_items.edges.map(({ node }) => node.sku));
  const lines = message.line_items.map(({ sku, return_reason }) => ({ sku, quantity: 1, return_reason }));
  const missing = lines.find(({ sku }) => !skus.has(sku));
  if (missing) throw new Error(`order ${order.order_number} has no line with SKU ${missing.sku}`);
  const { first_name, last_name, address1, address2, city, state_code, country_code, zip, phone } = order.shipping_address;
  return {
    order_id: order.id,
    warehouse_id: order.shipments[0].warehouse_id,
    partner_id: reference,
    return_reason: [...new Set(lines.map((line) => line.return_reason))].join("; "),
    label_type: "SELF_RETURN",
    label_cost: "0.00",
    address: {
      ...{ name: `${first_name} ${last_name}`, address1, address2: address2 ?? undefined, city },
      ...{ state: state_code, country: country_code, zip, phone: phone ?? undefined },
    },
    dimensions: { weight: "1", height: "1", width: "1", length: "1" },
    shipping_carrier: "generic",
    shipping_method: "generic",
    create_label: false,
    email_customer_return_label: false,
    display_issue_refund: false,
    line_items: lines,
    tracking_number: message.tracking_number,
  };
}
