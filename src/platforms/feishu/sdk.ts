import type * as Lark from '@larksuiteoapi/node-sdk';

export type LarkSdk = typeof Lark;

let loading: Promise<LarkSdk> | undefined;

/** Loads the SDK on first use: it costs 70 MB that only people who use Feishu should pay. */
export function loadSdk(): Promise<LarkSdk> {
  loading ??= import('@larksuiteoapi/node-sdk');
  return loading;
}
