// node run.js wasm_exec.js verify.wasm FILE KEYS: prints the report.
const fs = require("fs");
const [support, program, file, keys] = process.argv.slice(2);
require(support);
const go = new Go();
WebAssembly.instantiate(fs.readFileSync(program), go.importObject).then(({ instance }) => {
  go.run(instance);
  const report = globalThis.kokoVerify(new Uint8Array(fs.readFileSync(file)), fs.readFileSync(keys, "utf8"), 1);
  fs.writeFileSync(1, report);
  process.exit(0);
});
