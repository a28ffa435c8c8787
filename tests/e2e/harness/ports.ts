// Ports of this machine that nobody listens on.
import net from "node:net";

/** `wanted` if it is free, else one that is. It is free at this moment; that is all anybody can say. */
export async function free_port(wanted = 0): Promise<number> {
  const port = await listen(wanted);
  if (port !== undefined) return port;
  const other = await listen(0);
  if (other === undefined) throw new Error("this machine has no free port on 127.0.0.1");
  return other;
}

function listen(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once("error", () => resolve(undefined));
    server.listen(port, "127.0.0.1", () => {
      const taken = (server.address() as net.AddressInfo).port;
      server.close(() => resolve(taken));
    });
  });
}
