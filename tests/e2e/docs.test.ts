// What the documentation says, against the binary and the sources: commands, policies, lists and links.
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { hub_binary, repository } from "./harness/places.ts";
import { run } from "./harness/process.ts";

const binary = hub_binary(["release", "dev"]);
const at = (...parts: string[]) => path.join(repository, ...parts);
const text_of = (file: string) => fs.readFileSync(at(file), "utf8");

function files_below(folder: string, wanted: (file: string) => boolean): string[] {
  const skipped = new Set(["node_modules", "build", ".git", "results", "data"]);
  return fs.readdirSync(at(folder), { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return skipped.has(entry.name) ? [] : files_below(file, wanted);
    return wanted(file) ? [file] : [];
  });
}

const pages = files_below(".", (file) => file.endsWith(".md"));
/** The pages this test runs; the READMEs inside src, sandbox and bench are read for their links only. */
const guides = pages.filter((file) => !/^(src|sandbox|bench)\//.test(file));

interface Block { file: string; line: number; body: string }

function blocks(file: string, language: string): Block[] {
  const found: Block[] = [];
  let open: { language: string; line: number; lines: string[] } | undefined;
  text_of(file).split("\n").forEach((line, index) => {
    const fence = /^```(\w*)\s*$/.exec(line);
    if (!fence) return void open?.lines.push(line);
    if (!open) return void (open = { language: fence[1]!, line: index + 2, lines: [] });
    if (open.language === language) found.push({ file, line: open.line, body: open.lines.join("\n") });
    open = undefined;
  });
  assert.equal(open, undefined, `${file}: a fenced block is not closed`);
  return found;
}

// --- commands

/** Words of a line as a shell sees them; quotes are all these pages use. */
function words(line: string): string[] {
  return [...line.matchAll(/(?:'([^']*)'|"([^"]*)"|[^\s'"]+)/g)].map((match) => match[1] ?? match[2] ?? match[0]);
}

interface Command { place: string; args: string[] }

const commands: Command[] = guides.flatMap((file) => blocks(file, "sh").flatMap(({ line, body }) =>
  body.split("\n").flatMap((text, index) => {
    const all = words(text);
    const start = all.findIndex((word, i) => word === "backhaul" && (i === 0 || (all[0] === "sudo" && all[i - 1] !== "-u")));
    return start < 0 ? [] : [{ place: `${file}:${line + index}`, args: all.slice(start + 1) }];
  })));

interface Help { verbs: Set<string>; flags: Map<string, boolean>; positionals: number }

const helps = new Map<string, Promise<Help>>();
function help_of(verbs: string[]): Promise<Help> {
  const key = verbs.join(" ");
  if (!helps.has(key)) helps.set(key, read_help(verbs));
  return helps.get(key)!;
}

async function read_help(verbs: string[]): Promise<Help> {
  const { code, stdout } = await run(binary, [...verbs, "--help"]);
  assert.equal(code, 0, `backhaul ${verbs.join(" ")} --help`);
  const section = (title: string) => new RegExp(`^${title}:\\n((?:  .*\\n)*)`, "m").exec(stdout)?.[1] ?? "";
  const flags = new Map<string, boolean>(); // flag -> takes a value
  for (const line of section("Options").split("\n")) {
    const option = /^  (-\S+)(.*)/.exec(line);
    if (!option) continue;
    for (const name of option[1]!.split(",")) flags.set(name, /^ (TEXT|INT|UINT|FLOAT)\b/.test(option[2]!));
  }
  const names = (title: string) => section(title).split("\n").map((line) => /^  (\S+)/.exec(line)?.[1]).filter((one) => one !== undefined);
  return { verbs: new Set(names("Subcommands")), flags, positionals: names("Positionals").length };
}

/** Takes a command line apart by the binary's own help. */
async function understand({ place, args }: Command): Promise<{ verbs: string[]; positionals: string[] }> {
  const verbs: string[] = [];
  const positionals: string[] = [];
  const global = await help_of([]);
  let here = global;
  for (let i = 0; i < args.length; ++i) {
    const word = args[i]!;
    if (word.startsWith("-")) {
      const takes = here.flags.get(word) ?? global.flags.get(word);
      assert.notEqual(takes, undefined, `${place}: backhaul ${verbs.join(" ")} has no ${word}`);
      if (takes) assert.ok(++i < args.length, `${place}: ${word} needs a value`);
    } else if (here.verbs.size > 0) {
      assert.ok(here.verbs.has(word), `${place}: backhaul ${verbs.join(" ")} has no verb ${word}`);
      here = await help_of([...verbs, word]);
      verbs.push(word);
    } else {
      positionals.push(word);
    }
  }
  assert.equal(here.verbs.size, 0, `${place}: backhaul ${verbs.join(" ")} needs one of ${[...here.verbs].join(", ")}`);
  assert.equal(positionals.length, here.positionals, `${place}: arguments of backhaul ${verbs.join(" ")}`);
  return { verbs, positionals };
}

// --- a folder to try things in

let scratch = "";
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => name !== "BACKHAUL_MASTER_KEY"));

const credentials: Record<string, string[]> = {
  loop: ["--api-key", "documentation", "--webhook-secret", "documentation"],
  shiphero: ["--refresh-token", "documentation"],
};

async function say(...args: string[]) {
  return run(binary, ["-c", path.join(scratch, "hub", "backhaul.toml"), ...args], { env: environment });
}

async function must(...args: string[]) {
  const said = await say(...args);
  assert.equal(said.code, 0, `backhaul ${args.join(" ")}: ${said.stderr}`);
  return said;
}

before(async () => {
  scratch = fs.mkdtempSync(path.join(os.tmpdir(), "backhaul-docs-"));
  const made = await run(binary, ["init", "--dir", path.join(scratch, "hub")], { env: environment });
  assert.equal(made.code, 0, made.stderr);
  for (const [vendor, given] of Object.entries(credentials)) await must("connect", vendor, ...given, "--skip-check");
});
after(() => fs.rmSync(scratch, { recursive: true, force: true }));

/** Verbs that ask nothing of a vendor or a running server, and need no id of something that exists. */
const harmless = new Set(["connections list", "policy show", "returns list", "jobs list", "attention", "map list", "map set", "map remove", "migrate"]);

/** Runs a documented command as far as the scratch folder allows. */
async function try_out(command: Command): Promise<boolean> {
  const { verbs } = await understand(command);
  const verb = verbs.join(" ");
  const given = command.args.filter((word, i, all) => word !== "-c" && all[i - 1] !== "-c");
  if (verb === "init") {
    const folder = path.join(scratch, `init-${command.place.replace(/\W/g, "-")}`);
    const made = await run(binary, ["init", "--dir", folder], { env: environment });
    assert.equal(made.code, 0, `${command.place}: ${made.stderr}`);
  } else if (verbs[0] === "connect") {
    // Under a name of its own unless it changes the one that is there. What is given comes last on the line, so it must not be given twice.
    const update = given.includes("--update");
    const filled = credentials[verbs[1]!]!.flatMap((word, i, all) => i % 2 === 0 && !given.includes(word) && !update ? [word, all[i + 1]!] : []);
    const name = update || given.includes("--name") ? [] : ["--name", command.place];
    const values = given.map((word, i, all) => all[i - 1]?.match(/^--(api-key|webhook-secret|refresh-token)$/) && word !== "" ? "documentation" : word);
    await must(...values, ...filled, ...name, "--skip-check");
  } else if (verb === "backfill") {
    // One at a time and connection; nothing serves here, so it is only asked for.
    const said = await say(...given, "--no-wait");
    assert.ok(said.code === 0 || /under way already/.test(said.stderr), `${command.place}: ${said.stderr}`);
  } else if (verb === "policy set") {
    const file = path.join(scratch, "policy.toml");
    fs.writeFileSync(file, "");
    await must(...given.map((word) => (word === "policy.toml" ? file : word)));
  } else if (verb === "connections import") {
    // The file is the block before the command's, with credentials in place of the dots.
    const lines = blocks("docs/operations.md", "json").find(({ body }) => body.includes('"vendor"'))!.body.replaceAll('"..."', '"documentation"');
    fs.writeFileSync(path.join(scratch, "fleet.jsonl"), lines);
    await must("connections", "import", path.join(scratch, "fleet.jsonl"));
  } else if (verb === "doctor") {
    // The vendors are not there to be asked; that it says so for each connection is enough.
    return false;
  } else if (harmless.has(verb)) {
    await must(...given);
  } else {
    return false;
  }
  return true;
}

describe("documented commands", () => {
  it("exist, with their flags and arguments, and do what can be tried without a vendor", async () => {
    assert.ok(commands.length > 40, `only ${commands.length} commands were found`);
    let tried = 0;
    for (const command of commands) tried += Number(await try_out(command));
    assert.ok(tried > commands.length / 2, `only ${tried} of ${commands.length} commands were tried`);
  });

  it("cover every verb of the binary", async () => {
    const all = (await Promise.all([...(await help_of([])).verbs].map(async (verb) => {
      const inner = [...(await help_of([verb])).verbs];
      return inner.length === 0 ? [verb] : inner.map((sub) => `${verb} ${sub}`);
    }))).flat();
    const prose = guides.map(text_of).join("\n");
    for (const verb of all) assert.ok(prose.includes(`backhaul ${verb}`) || prose.includes(`backhaul -c /var/lib/backhaul/backhaul.toml ${verb}`) || /connections list/.test(verb), `no page mentions backhaul ${verb}`);
  });

  it("of ./dev exist", async () => {
    const known = new Set([...(await run(at("dev"), ["help"])).stdout.matchAll(/^\.\/dev (\w+)/gm)].map((match) => match[1]));
    for (const file of guides) {
      for (const match of text_of(file).matchAll(/\.\/dev (\w+)/g)) assert.ok(known.has(match[1]), `${file}: ./dev ${match[1]}`);
    }
  });

  it("have the flags the pages about connecting list, and those pages list every one", async () => {
    for (const vendor of Object.keys(credentials)) {
      const page = `docs/connect-${vendor}.md`;
      const { flags } = await help_of(["connect", vendor]);
      const long = [...flags.keys()].filter((flag) => flag.startsWith("--") && !flag.includes("_") && flag !== "--help");
      for (const flag of long) assert.ok(text_of(page).includes(`${flag}`), `${page} does not mention ${flag}`);
      for (const match of text_of(page).matchAll(/^\| (`--.*?) \|/gm)) {
        for (const flag of match[1]!.matchAll(/`(--[a-z0-9-]+)`/g)) assert.ok(flags.has(flag[1]!), `${page}: there is no ${flag[1]}`);
      }
    }
  });
});

describe("documented policies", () => {
  it("are accepted", async () => {
    const all = [...blocks("docs/policy.md", "toml"), ...blocks("README.md", "toml")];
    assert.ok(all.length >= 6, `only ${all.length} policies were found`);
    for (const { file, line, body } of all) {
      const policy = path.join(scratch, "policy.toml");
      fs.writeFileSync(policy, body);
      const said = await say("policy", "set", "ShipHero", policy);
      assert.equal(said.code, 0, `${file}:${line}: ${said.stderr}`);
    }
  });

  it("name every key there is", async () => {
    const policy = path.join(scratch, "policy.toml");
    fs.writeFileSync(policy, "no_such_key = 1\n");
    const refused = await say("policy", "set", "ShipHero", policy);
    const keys = /it has (.*)/.exec(refused.stderr)?.[1]?.trim().split(", ") ?? [];
    assert.ok(keys.length > 10, refused.stderr);
    const table = text_of("docs/policy.md").split(/^## /m).find((section) => section.startsWith("Keys"))!;
    const documented = [...table.matchAll(/^\| `([a-z_]+)` \| [^|]+ \| [^|]+ \|$/gm)].map((match) => match[1]!);
    assert.deepEqual(documented.sort(), keys.sort());
  });

  it("give the defaults the binary has", async () => {
    const shown = async () => (await must("--json", "policy", "show", "ShipHero")).stdout;
    const policy = path.join(scratch, "policy.toml");
    fs.writeFileSync(policy, "");
    await must("policy", "set", "ShipHero", policy);
    const defaults = JSON.parse(await shown()).policy;
    fs.writeFileSync(policy, blocks("docs/policy.md", "toml").at(-1)!.body);
    await must("policy", "set", "ShipHero", policy);
    const documented = JSON.parse(await shown()).policy;
    for (const [key, value] of Object.entries(documented)) {
      assert.deepEqual(value, defaults[key] ?? {}, `docs/policy.md: the default of ${key}`);
    }
  });

  it("list the words rules may use", () => {
    const source = /allowed_words\{([^}]*)\}/.exec(text_of("src/returns/rules.cpp"))![1]!;
    const allowed = [...source.matchAll(/"([a-z_]+)"/g)].map((match) => match[1]!).sort();
    const listed = blocks("docs/policy.md", "text").find(({ body }) => body.includes("ascii_downcase"))!.body.split(/\s+/).sort();
    assert.deepEqual(listed, allowed);
  });
});

describe("lists in the documentation", () => {
  it("explain every kind of attention the code can raise, and no other", () => {
    const sources = files_below("src", (file) => /\.cpp$/.test(file) && !/_test\.cpp$/.test(file)).map(text_of);
    const kinds = new Set<string>();
    const forms = [
      /\battend\(\s*"([a-z_]+)"/g,
      /\bcomplain\(\s*\*?\w+,\s*"([a-z_]+)"/g,
      /AttentionItem \w+\{\s*\.kind = "([a-z_]+)"/g,
      /AttentionItem \w+\{\s*\.kind = \w+ \? "([a-z_]+)"/g,
      /AttentionItem \w+\{\s*\.kind = \w+ \? "[a-z_]+" : "([a-z_]+)"/g,
      /constexpr std::string_view kind = "([a-z_]+)"/g,
      // In SQL: the kind is the first text after the columns.
      /INSERT INTO attention [^;]*?'([a-z]+(?:_[a-z]+)+)'/g,
    ];
    for (const source of sources) for (const form of forms) for (const match of source.matchAll(form)) kinds.add(match[1]!);
    const headings = [...text_of("docs/errors/README.md").matchAll(/^### (\S+)$/gm)].map((match) => match[1]!);
    assert.deepEqual(headings.sort(), [...kinds].sort());
    // A way of raising one that the forms above do not see would pass unnoticed.
    const raised = sources.join("\n").match(/AttentionItem \w+\{/g)?.length ?? 0;
    const seen = sources.join("\n").match(/AttentionItem \w+\{\s*\.kind = (?:"|\w+ \? "|std::string\(kind\)|std::move\(kind\))/g)?.length ?? 0;
    assert.equal(seen, raised, "an attention item is made in a way this test does not know");
  });

  it("name the metrics there are", () => {
    const source = new Set([...text_of("src/api/status.cpp").matchAll(/"((?:backhaul|process)_[a-z_]+)"/g)].map((match) => match[1]!));
    const documented = new Set([...text_of("docs/operations.md").matchAll(/`((?:backhaul|process)_[a-z_]+)(?:\{[a-z,]*\})?`/g)].map((match) => match[1]!));
    assert.deepEqual([...documented].sort(), [...source].sort());
  });

  it("name only settings that exist", () => {
    let section = "";
    const keys = new Set<string>();
    for (const line of text_of("backhaul.example.toml").split("\n")) {
      section = /^\[(.+)\]$/.exec(line)?.[1] ?? section;
      const key = /^([a-z_]+) =/.exec(line)?.[1];
      if (key) keys.add(section ? `${section}.${key}` : key);
    }
    const sections = new Set([...keys].filter((key) => key.includes(".")).map((key) => key.split(".")[0]));
    for (const file of guides) {
      for (const match of text_of(file).matchAll(/`([a-z]+)\.([a-z_]+)(?: = [^`]*)?`/g)) {
        if (!sections.has(match[1])) continue;
        assert.ok(keys.has(`${match[1]}.${match[2]}`), `${file}: there is no setting ${match[1]}.${match[2]}`);
      }
      for (const match of text_of(file).matchAll(/`(public_\w+|listen_\w+|data_\w+|master_\w+|log_\w+)(?: = [^`]*)?`/g)) {
        assert.ok(keys.has(match[1]!), `${file}: there is no setting ${match[1]}`);
      }
    }
  });
});

describe("links", () => {
  // As GitHub makes them.
  const anchor = (heading: string) => heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-");
  const anchors = (file: string) => new Set([...fs.readFileSync(file, "utf8").matchAll(/^#+ (.+)$/gm)].map((match) => anchor(match[1]!)));

  it("lead somewhere", () => {
    let links = 0;
    for (const file of pages) {
      const prose = text_of(file).replace(/^```[\s\S]*?^```/gm, "").replace(/`[^`\n]*`/g, "");
      for (const match of prose.matchAll(/\]\(([^)\s]+)\)/g)) {
        const [target, fragment] = match[1]!.split("#") as [string, string | undefined];
        if (/^[a-z]+:/.test(target)) continue;
        ++links;
        const there = target === "" ? at(file) : path.resolve(at(path.dirname(file)), target);
        assert.ok(fs.existsSync(there), `${file}: ${match[1]} is not there`);
        if (fragment) assert.ok(anchors(there).has(fragment), `${file}: ${match[1]}: no such heading`);
      }
    }
    assert.ok(links > 30, `only ${links} links were found`);
  });

  it("in the sources to pages exist", () => {
    for (const file of files_below("src", (name) => /\.(cpp|hpp)$/.test(name))) {
      for (const match of text_of(file).matchAll(/\bdocs\/[\w./-]*\w(?:\/)?/g)) {
        assert.ok(fs.existsSync(at(match[0])), `${file}: ${match[0]} is not there`);
      }
    }
  });
});
