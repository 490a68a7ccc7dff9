import { runBareChild } from '../bench/bare-child.ts';
import { runDaemonChild } from '../bench/daemon-child.ts';
import { runBench } from '../bench/main.ts';
import { runTee } from '../bench/tee.ts';

/** The bench; with the word `daemon-child` the daemon it measures, with `tee` what stands before a CLI. */
const [word, file, path, ...args] = process.argv.slice(2);
if (word === 'daemon-child' && file !== undefined) await runDaemonChild(file);
else if (word === 'bare-child' && file !== undefined && path !== undefined)
  await runBareChild(file, path, args[0] ?? '');
else if (word === 'tee' && file !== undefined && path !== undefined) runTee(file, path, args);
else process.exit(await runBench(process.argv.slice(2)));
