import { writeFileSync } from 'node:fs';
import type { TestContext } from 'vitest';
import { type ChatWorld, telegramWorld } from '../blackbox/chat-world.ts';
import { Daemon, type DaemonHome, makeHome, until } from '../blackbox/daemon.ts';

/** The agent of the one project, as its config says. Values are strings, lists of strings, numbers or booleans. */
export interface AgentText {
  readonly type: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string>>;
  /** `[[projects.agent.providers]]`; `options.provider` names it. */
  readonly provider?: Readonly<Record<string, unknown>>;
  /** Keys at the top of the file. */
  readonly top?: Readonly<Record<string, unknown>>;
  /** How long is waited for a message, in ms; for a CLI that starts slowly. @default 40000 */
  readonly patienceMs?: number;
}

/** The whole way: a chat platform, the built daemon, a real CLI, a scripted model. */
export class DaemonWorld {
  readonly home: DaemonHome;
  readonly chat: ChatWorld;
  daemon: Daemon | undefined;
  readonly #agent: (home: DaemonHome) => AgentText;

  private constructor(home: DaemonHome, chat: ChatWorld, agent: (home: DaemonHome) => AgentText) {
    this.home = home;
    this.chat = chat;
    this.#agent = agent;
  }

  static async make(
    agent: (home: DaemonHome) => AgentText,
    openChat: () => Promise<ChatWorld> = telegramWorld,
  ): Promise<DaemonWorld> {
    return new DaemonWorld(makeHome(), await openChat(), agent);
  }

  /** Starts the daemon on the config; after `stop` or `kill` again on the same state. */
  async start(): Promise<void> {
    writeFileSync(this.home.configFile, this.#config(), { mode: 0o600 });
    this.daemon = await Daemon.start(this.home);
  }

  async restart(): Promise<void> {
    await this.daemon?.stop();
    await this.start();
  }

  /** SIGKILL, then a new start. */
  async crash(): Promise<void> {
    await this.daemon?.kill();
    await this.start();
  }

  /** How many messages of the chat hold this text. */
  count(text: string): number {
    return this.chat.seen().filter((message) => message.text.includes(text)).length;
  }

  async appears(text: string): Promise<void> {
    await until(() => this.count(text) > 0, `"${text}" in the chat`, this.#patienceMs);
  }

  /** The message that carries this button. */
  button(label: string) {
    return until(
      () => this.chat.seen().find(({ buttons }) => buttons.includes(label)),
      `a message with the button ${label}`,
      this.#patienceMs,
    );
  }

  /** Ends everything; what was seen is printed when the test failed. */
  async close(context: Pick<TestContext, 'task'>): Promise<void> {
    if (context.task.result?.state === 'fail')
      process.stderr.write(`${this.daemon?.log ?? ''}\n${JSON.stringify(this.chat.seen(), null, 1)}\n`);
    await this.daemon?.stop();
    await this.chat.close();
    this.home.remove();
  }

  get #patienceMs(): number {
    return this.#agent(this.home).patienceMs ?? 40_000;
  }

  #config(): string {
    const agent = this.#agent(this.home);
    return [
      `data_dir = ${JSON.stringify(this.home.dataDir)}`,
      ...entries(agent.top ?? {}),
      '[[projects]]',
      'name = "demo"',
      '[projects.agent]',
      `type = ${JSON.stringify(agent.type)}`,
      '[projects.agent.options]',
      ...entries({ work_dir: this.home.workDir, ...agent.options }),
      '[projects.agent.options.env]',
      ...entries(agent.env),
      ...(agent.provider ? ['[[projects.agent.providers]]', ...entries(agent.provider)] : []),
      this.chat.config(),
      '',
    ].join('\n');
  }
}

/** JSON's strings, numbers, booleans and lists are TOML's as well. */
function entries(values: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(values).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
}
