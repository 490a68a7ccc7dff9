import type { Log } from '../core/platform.ts';

/** For trying adapters out: what they would log is told as findings anyway. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silentLog };
