// Everybody at once: shoppers, the warehouse, and a sender of rightly signed deliveries that may be late or made up.
import type { Chance } from "../harness/chance.ts";
import type { Json, Sandbox } from "../harness/sandbox.ts";
import { post_to_loop_hook } from "../harness/signed.ts";
import { pause } from "../harness/wait.ts";

const skus = ["TEE-BLK-S", "TEE-BLK-M", "SOCK-GRY-L", "SHELL-OLV-M", "FLEECE-SND-M", "BEANIE-RUS", "PACK-PIN", "MUG-CRM", "BOOT-BRN-9"];

export type Fate = "complete" | "damaged" | "never";

export class Load {
  /** What the warehouse will do with each return. */
  readonly fates = new Map<string, Fate>();
  readonly received = new Set<string>();
  /** Own deliveries that were answered 200, and how many were sent. */
  readonly acknowledged: string[] = [];
  sent = 0;
  private over = false;
  private readonly workers: Promise<void>[] = [];
  private last_book = 0;

  constructor(private readonly sandbox: Sandbox, private readonly hook: () => string, private readonly chance: Chance, private readonly returns_max: number) {}

  start(): void {
    this.workers.push(this.shop(), this.post());
    // stop() tells what ended one. Unheard, its end would be taken for the end of the test, whatever that failed for.
    for (const worker of this.workers) worker.catch(() => undefined);
  }

  /** No new returns and deliveries; what is under way ends. Rejects with what ended a worker early. */
  async stop(): Promise<void> {
    this.over = true;
    await Promise.all(this.workers);
  }

  private async shop(): Promise<void> {
    while (!this.over && this.fates.size < this.returns_max) {
      const units = 1 + Math.floor(this.chance.next() * 3);
      const lines = Array.from({ length: units }, () => ({ sku: this.chance.pick(skus) }));
      const { id } = await this.sandbox.submit({ lines });
      const draw = this.chance.next();
      this.fates.set(id, draw < 0.8 ? "complete" : draw < 0.9 ? "damaged" : "never");
      await this.receive_what_is_there();
      await pause(this.chance.between(10, 60));
    }
    while (!this.over) {
      await this.receive_what_is_there();
      await pause(50);
    }
  }

  /** The warehouse receives most parcels whose RMA it has by now. */
  async receive_what_is_there(all = false): Promise<void> {
    const { books } = await this.sandbox.control("GET", `/books?what=rma.created&after=${all ? 0 : this.last_book}`);
    for (const { n, ref, detail } of books as Json[]) {
      this.last_book = Math.max(this.last_book, n);
      const fate = this.fates.get(ref);
      if (fate === undefined || fate === "never" || this.received.has(ref)) continue;
      this.received.add(ref);
      const lines = detail.lines.map((line: Json) => ({ sku: line.sku, received: line.quantity }));
      await this.sandbox.receive(ref, lines, fate === "complete" ? "Complete" : "Damaged");
    }
  }

  /** Real bodies of Loop's with a number of ours in them, sent again at any time. */
  private async post(): Promise<void> {
    while (!this.over) {
      const ids = [...this.fates.keys()];
      if (ids.length === 0) {
        await pause(5);
        continue;
      }
      const { deliveries } = await this.sandbox.control("GET", `/deliveries?vendor=loop&subject=${this.chance.pick(ids)}`);
      const real = this.chance.pick(deliveries as Json[]);
      const body = JSON.stringify({ ...JSON.parse(real.body), test_number: ++this.sent });
      const answer = await post_to_loop_hook(this.hook(), body).catch(() => undefined); // killed meanwhile: no answer, no promise
      if (answer?.status === 200) this.acknowledged.push(body);
      if (!answer) await pause(5);
    }
  }
}
