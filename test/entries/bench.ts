import { runDaemonChild } from '../bench/daemon-child.ts';
import { runBench } from '../bench/main.ts';

/** The bench; with the word `daemon-child` the daemon it measures. */
const [word, configFile] = process.argv.slice(2);
if (word === 'daemon-child' && configFile !== undefined) await runDaemonChild(configFile);
else process.exit(await runBench(process.argv.slice(2)));
