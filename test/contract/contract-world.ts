import { join } from 'node:path';
import { openSqlite } from '../../src/kit/sqlite.ts';
import {
  Daemon,
  type DaemonHome,
  ledgerLines,
  makeHome,
  type ProjectText,
  until,
  writeConfig,
} from '../blackbox/daemon.ts';
import { type FeishuSim, startFeishuSim } from '../sim/feishu/sim.ts';
import { TelegramSim } from '../sim/telegram/simulator.ts';
import type { Place, Seen } from '../torture/place.ts';
import { FeishuPlace } from '../torture/worlds/feishu.ts';
import { TelegramPlace } from '../torture/worlds/telegram.ts';

/** One person on both simulated platforms, and the built daemon with a home of its own. */
export class ContractWorld {
  readonly home: DaemonHome = makeHome();
  readonly telegram: TelegramSim;
  readonly feishu: FeishuSim;
  readonly telegramPlace: TelegramPlace;
  readonly feishuPlace: FeishuPlace;
  daemon: Daemon | undefined;

  private constructor(telegram: TelegramSim, feishu: FeishuSim) {
    this.telegram = telegram;
    this.feishu = feishu;
    this.telegramPlace = new TelegramPlace(telegram, 1, false);
    this.feishuPlace = new FeishuPlace(feishu, 2, false);
  }

  static async open(): Promise<ContractWorld> {
    const feishu = await startFeishuSim({ ackTimeoutMs: 700, redeliverMs: 200 });
    return new ContractWorld(await TelegramSim.start(), feishu);
  }

  /** `bots`: a line for the options of both. */
  configure({ bots = '', ...text }: Partial<ProjectText> & { readonly bots?: string } = {}): void {
    const { telegram, feishu } = this;
    writeConfig(this.home, {
      ...text,
      platforms: `[[projects.platforms]]
type = "telegram"
[projects.platforms.options]
token = "${telegram.token}"
api_base = "${telegram.url}"
allow_from = "*"
${bots}
[[projects.platforms]]
type = "feishu"
[projects.platforms.options]
app_id = "${feishu.appId}"
app_secret = "${feishu.appSecret}"
domain = "${feishu.url}"
allow_from = "*"
${bots}
`,
    });
  }

  async start(env: Record<string, string> = {}): Promise<Daemon> {
    this.daemon = await Daemon.start(this.home, { env });
    return this.daemon;
  }

  /** A daemon that kills itself at the n-th commit of a change. */
  async startToDie(failpoint: string, env: Record<string, string> = {}): Promise<Daemon> {
    this.daemon = await Daemon.start(this.home, {
      env: { ...env, CC_CONNECT_FAILPOINT: failpoint },
      ready: false,
    });
    return this.daemon;
  }

  async restart(): Promise<void> {
    await this.daemon?.kill();
    await this.start();
  }

  /** Prompts that the agent has begun, by token. */
  runs(token: string): number {
    return ledgerLines(this.home).filter((line) => line.includes('"start"') && line.includes(token)).length;
  }

  async running(token: string): Promise<void> {
    await until(() => this.runs(token) > 0, `the agent to begin ${token}`);
  }

  /** Messages that are not finished, read beside the daemon. */
  openInputs(): number {
    return Number(this.peek('SELECT COUNT(*) FROM inputs WHERE finished_at IS NULL'));
  }

  /** How many rows a table has. */
  rows(table: 'inputs' | 'staged'): number {
    return Number(this.peek(`SELECT COUNT(*) FROM ${table}`));
  }

  /** How many happenings of a kind were taken in. */
  stored(kind: 'action' | 'edit' | 'recall'): number {
    return Number(this.peek(`SELECT COUNT(*) FROM inputs WHERE kind = '${kind}'`));
  }

  /** What agents do in the background, as the daemon has stored it. */
  backgroundTasks(): string[] {
    return JSON.parse(String(this.peek('SELECT background FROM processes') ?? '[]'));
  }

  private peek(query: string): unknown {
    const db = openSqlite(join(this.home.dataDir, 'state.db'), { readonly: true, timeout: 2000 });
    try {
      return db.prepare(query).pluck().get();
    } finally {
      db.close();
    }
  }

  find(place: Place, text: string): Seen | undefined {
    return place.seen().find((message) => message.text.includes(text));
  }

  count(place: Place, text: string): number {
    return place.seen().filter((message) => message.text.includes(text)).length;
  }

  appears(place: Place, text: string): Promise<Seen> {
    return until(() => this.find(place, text), `"${text}" in ${place.name}`, 25_000);
  }

  button(place: Place, label: string): Promise<Seen> {
    return until(
      () => place.seen().find(({ buttons }) => buttons.includes(label)),
      `a button ${label}`,
      25_000,
    );
  }

  async close(failed: boolean): Promise<void> {
    if (failed) {
      const seen = [this.telegramPlace, this.feishuPlace].flatMap((place) => place.seen());
      process.stderr.write(`${this.daemon?.log.slice(-6000) ?? ''}\n${JSON.stringify(seen, null, 1)}\n`);
    }
    await this.daemon?.stop();
    await this.telegram.close();
    await this.feishu.close();
    this.home.remove();
  }
}
