#!/usr/bin/env node
import { processIo } from '../cli/io.ts';
import { main } from '../cli/main.ts';

// A reader that goes away early (`| head`) is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

process.exitCode = await main(process.argv.slice(2), processIo());
