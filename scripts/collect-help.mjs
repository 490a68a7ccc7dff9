// Bundled and run by made-help.mjs.
import { Command } from 'commander';
import { commandTable } from '../src/cli/command-table.ts';
import { madeFor } from '../src/cli/made-help.ts';

/** Stops a command once its definition has been seen. */
class Seen extends Error {}

/** What every command and subcommand prints for `--help` at the usual width, by its words. Runs none of them. */
export async function collectHelp() {
  const texts = {};
  for (const [word, { summary, load }] of Object.entries(commandTable)) {
    if (summary === '') continue;
    Object.assign(texts, await helpOf(word, await load()));
    if (!Object.hasOwn(texts, word)) throw new Error(`"${word}" answered --help without commander`);
  }
  return texts;
}

async function helpOf(word, command) {
  const texts = {};
  let said = '';
  const out = (text) => {
    said = text;
  };
  const keep = (definition, words) => {
    definition.outputHelp();
    texts[words] = said;
    for (const child of definition.commands)
      for (const name of [child.name(), ...child.aliases()]) keep(child, `${words} ${name}`);
  };
  const { parseAsync } = Command.prototype;
  Command.prototype.parseAsync = async function () {
    keep(this, word);
    throw new Seen();
  };
  try {
    await command(['--help'], { out, err: () => {}, columns: madeFor, env: {}, cwd: '.' });
  } catch (error) {
    if (!(error instanceof Seen)) throw error;
  } finally {
    Command.prototype.parseAsync = parseAsync;
  }
  return texts;
}
