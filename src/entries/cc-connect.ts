#!/usr/bin/env node
import { processIo } from '../cli/io.ts';
import { main } from '../cli/main.ts';

/** For what a command left open by mistake; nothing is waited for any more. */
const lingerMs = 2000;

void main(process.argv.slice(2), processIo()).then((code) => {
  process.exitCode = code;
  setTimeout(() => process.exit(code), lingerMs).unref();
});
