// The log of API requests received, so that a test can ask what a client really did.

export interface LoggedRequest {
  n: number;
  at: string;
  vendor: "loop" | "shiphero";
  /** The vendor's name for it: "process", "list", or the GraphQL field. */
  operation: string;
  /** What it was about: a return id, an order name, or "". */
  ref: string;
  /** HTTP status sent; 0 when the socket was destroyed instead. */
  status: number;
  ms: number;
  /** The fault switch that struck this request, or null. */
  fault: string | null;
  /** The vendor said no inside a 200 answer. */
  refused: boolean;
  /** The vendor's message when it said no. */
  message: string | null;
}

// A busy end-to-end test makes some hundreds of requests; 2000 keeps a whole one without growing for ever.
const kept = 2000;

export class RequestLog {
  private entries: LoggedRequest[] = [];
  private count = 0;

  add(entry: Omit<LoggedRequest, "n">): LoggedRequest {
    const logged = { n: ++this.count, ...entry };
    this.entries.push(logged);
    if (this.entries.length > kept) this.entries.splice(0, this.entries.length - kept);
    return logged;
  }

  list(vendor?: string): LoggedRequest[] {
    return vendor ? this.entries.filter((e) => e.vendor === vendor) : [...this.entries];
  }

  clear(): void {
    this.entries = [];
    this.count = 0;
  }
}
