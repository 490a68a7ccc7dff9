// Loaded into a process before its program: its wall clock is off by the milliseconds that a file says.
import { readFileSync } from 'node:fs';

const RealDate = Date;
const file = process.env.TEST_CLOCK_OFFSET_FILE;
let offset = 0;
let looked = 0;

function now() {
  const real = RealDate.now();
  if (real - looked > 20) {
    looked = real;
    offset = Number(readFileSync(file, 'utf8')) || 0;
  }
  return real + offset;
}

globalThis.Date = class extends RealDate {
  constructor(...parts) {
    if (parts.length === 0) super(now());
    else super(...parts);
  }
  static now = now;
};
