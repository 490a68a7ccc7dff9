// Loaded into a process before its program: what it does every hour it does four times a second.
const real = globalThis.setInterval;

globalThis.setInterval = (run, ms, ...rest) => real(run, ms === 3_600_000 ? 250 : ms, ...rest);
