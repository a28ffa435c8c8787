// What must never be found, whatever happened: in the vendors' books, and in what the hub says.
import { credentials, type Book } from "./sandbox.ts";

/** Law 2, at most once, by the vendors' books. */
export function broken_laws(books: Book[], { process_twice = false }: { process_twice?: boolean } = {}): string[] {
  const counts = new Map<string, number>();
  for (const { what, ref } of books) counts.set(`${what} ${ref}`, (counts.get(`${what} ${ref}`) ?? 0) + 1);
  const once = ["rma.created", "process.completed", ...(process_twice ? [] : ["process.accepted"])];
  return [...counts]
    .filter(([key, times]) => times > 1 && once.includes(key.split(" ")[0]!))
    .map(([key, times]) => `${key}: ${times} times`);
}

// Everybody in the sandbox's shop is called Example and lives at example.com.
const personal = /[\w.+-]+@example\.com|\b(Jordan|Sam|Robin|Alex|Casey|Jamie) Example\b|\d+ (Example Street|Sample Avenue|Placeholder Lane)/g;
const access_token = /\beyJ[\w-]{10,}\.[\w-]+\.[\w-]+/g;

/** Law 8: secrets and personal data in a text that is none of their business. */
export function leaks(text: string, secrets: string[] = []): string[] {
  const known = [...Object.values(credentials), ...secrets].filter((secret) => text.includes(secret));
  return [...known, ...(text.match(personal) ?? []), ...(text.match(access_token) ?? [])];
}
