import { runTorture } from '../torture/run.ts';

process.exit(await runTorture(process.argv.slice(2), process.argv[1] ?? ''));
