// Reads documents by name, and prints for each one line of JSON: what the parser objects to, and the document as it read it.
import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";

const parser = new Parser();
for (const file of process.argv.slice(2)) {
  const { document, diagnostics } = await parser.parse(readFileSync(file, "utf8"));
  const problems = diagnostics.filter((d) => d.severity < 2).map((d) => `${d.code} at ${d.path.join("/")}: ${d.message}`);
  const operations = document?.operations().all().map((o) => ({
    id: o.id(),
    action: o.action(),
    channels: o.channels().all().map((c) => c.address()),
    messages: o.messages().all().map((m) => m.name()),
    answers: o.reply()?.messages().all().map((m) => m.name()) ?? [],
    payloads: o.messages().all().map((m) => m.payload().json().type),
  })) ?? [];
  console.log(JSON.stringify({ file, read: document !== undefined, problems, operations }));
}
