import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DiscordSim } from '../sim/discord/sim.ts';
import { FeishuSim } from '../sim/feishu/sim.ts';
import { SlackSim } from '../sim/slack/sim.ts';
import { TelegramSim } from '../sim/telegram/simulator.ts';
import { WeixinSim } from '../sim/weixin/simulator.ts';
import { cc, Daemon, type DaemonHome, makeHome, until, writeConfig } from './daemon.ts';

let home: DaemonHome;
let closing: (() => unknown)[] = [];

beforeEach(() => {
  home = makeHome();
});
afterEach(async () => {
  for (const close of closing.reverse()) await close();
  closing = [];
  home.remove();
});

const config = () => readFileSync(home.configFile, 'utf8');
/** A variable of the environment, as a config names it. */
const ref = (name: string) => `\${${name}}`;
const mode = (path: string) => statSync(path).mode & 0o777;
const setUp = (args: readonly string[], env: Record<string, string> = {}) =>
  cc(home, [...args, '--config', home.configFile], env);

/** A config a person has worked on. */
function ownConfig(platforms = ''): void {
  writeConfig(home, { platforms: `# my own words\n${platforms}`, agent: '# how it works\nmode = "default"' });
}

describe('telegram setup', () => {
  let sim: TelegramSim;
  beforeEach(async () => {
    sim = await TelegramSim.start();
    closing.push(() => sim.close());
  });
  const run = (args: readonly string[] = [], env = {}) =>
    setUp(['telegram', 'setup', '--api-url', sim.url, ...args], env);

  it('writes a first configuration whose token stays in the environment', async () => {
    const done = await run(['--project', 'mine'], { TELEGRAM_BOT_TOKEN: sim.token });
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(done.stdout).toContain(`the token is that of @`);
    expect(done.stdout).toContain('pair approve CODE');
    expect(config()).toContain('name = "mine"');
    expect(config()).toContain(`token = "${ref('TELEGRAM_BOT_TOKEN')}"`);
    expect(config()).toContain(`api_base = "${sim.url}"`);
    expect(mode(home.configFile)).toBe(0o600);
    const checked = await cc(home, ['config', 'check', home.configFile], { TELEGRAM_BOT_TOKEN: sim.token });
    expect(checked.code, checked.stdout).toBe(0);
  });

  it('writes nothing when the service refuses the token, and repeats it nowhere', async () => {
    const token = '123456:WRONG-secret-of-mine';
    const done = await run([], { TELEGRAM_BOT_TOKEN: token });
    expect(done.code).toBe(1);
    expect(done.stderr).toContain('nothing was written');
    expect(done.stdout + done.stderr).not.toContain('WRONG-secret');
    expect(existsSync(home.configFile)).toBe(false);
  });

  it('warns of a token among the arguments, and of a webhook that takes the updates', async () => {
    sim.account.webhook = 'https://elsewhere.example';
    const done = await run(['--token', sim.token]);
    expect(done.code).toBe(0);
    expect(done.stderr).toContain('can see --token in the list of processes');
    expect(done.stdout).toContain('a webhook is set');
    expect(config()).toContain(`token = "${sim.token}"`);
  });

  it('lets a running daemon take it up at once', async () => {
    ownConfig();
    const daemon = await Daemon.start(home);
    closing.push(() => daemon.stop());
    const done = await run(['--token', sim.token]);
    expect(done.stdout).toContain('demo: telegram connected');
    expect(done.stdout).toContain('The running cc-connect is connected.');
    expect(config()).toContain('# my own words');
  });

  it.each([
    [['--platform-index', '3'], 'the project has 0'],
    [['--platform-index', 'x'], 'not a number'],
    [['--nonsense'], 'unknown option'],
    [[], 'token is missing'],
  ])('%j is wrong use', async (args, words) => {
    ownConfig();
    const before = config();
    const done = await run(args);
    expect(done.code).toBe(2);
    expect(done.stderr).toContain(words);
    expect(config()).toBe(before);
  });

  it('asks which project is meant when there are several', async () => {
    ownConfig();
    writeFileSync(
      home.configFile,
      `${config()}\n[[projects]]\nname = "other"\n[projects.agent]\ntype = "demo"\n`,
    );
    const done = await run([], { TELEGRAM_BOT_TOKEN: sim.token });
    expect(done).toMatchObject({ code: 2 });
    expect(done.stderr).toContain('there are several projects: demo, other');
  });

  it('says where a damaged configuration is damaged', async () => {
    writeFileSync(home.configFile, 'name = \n');
    const done = await run([], { TELEGRAM_BOT_TOKEN: sim.token });
    expect(done.code).toBe(1);
    expect(done.stderr).toMatch(/:1:\d+: /);
  });
});

describe('discord setup', () => {
  it('names what is missing with its fix, writes all the same, and keeps the rest of the file', async () => {
    const sim = await new DiscordSim().start();
    closing.push(() => sim.close());
    sim.applicationFlags = 0;
    ownConfig(
      `[[projects.platforms]]\ntype = "discord"\n[projects.platforms.options]\n# of the bot\ntoken = "${ref('OLD')}"\nguild_id = "123456789012345678"\n`,
    );
    const before = config();
    writeFileSync(home.configFile, before, { mode: 0o644 });
    chmodSync(home.configFile, 0o644);
    const done = await setUp(['discord', 'setup', '--api-url', sim.url], { DISCORD_BOT_TOKEN: sim.token });
    expect(done.code).toBe(1);
    expect(done.stdout).toContain('Message Content Intent is off');
    expect(done.stdout).toContain('fix: switch it on in the Developer Portal');
    expect(done.stdout).toContain(`token was ${ref('OLD')}`);
    expect(config()).toContain(
      `# of the bot\ntoken = "${ref('DISCORD_BOT_TOKEN')}"\nguild_id = "123456789012345678"`,
    );
    expect(config()).toContain('# how it works');
    expect(readFileSync(`${home.configFile}.bak`, 'utf8')).toBe(before);
    expect(mode(home.configFile)).toBe(0o600);
    expect(mode(`${home.configFile}.bak`)).toBe(0o600);
  });
});

describe('slack', () => {
  let sim: SlackSim;
  beforeEach(async () => {
    sim = await new SlackSim({ scopes: ['chat:write', 'im:history'] }).start();
    closing.push(() => sim.close());
  });

  it('setup checks both tokens and names the missing scopes', async () => {
    const done = await setUp(['slack', 'setup', '--api-url', `${sim.url}/api`], {
      SLACK_BOT_TOKEN: sim.botToken,
      SLACK_APP_TOKEN: sim.appToken,
    });
    expect(done.code).toBe(1);
    expect(done.stdout).toMatch(/MISSING {2}the scope \S+ is missing/);
    expect(config()).toContain(`bot_token = "${ref('SLACK_BOT_TOKEN')}"`);
  });

  it('setup writes nothing when one of the tokens is refused', async () => {
    sim.refused = { app: 'invalid_auth' };
    const done = await setUp(['slack', 'setup', '--api-url', `${sim.url}/api`], {
      SLACK_BOT_TOKEN: sim.botToken,
      SLACK_APP_TOKEN: sim.appToken,
    });
    expect(done.code).toBe(1);
    expect(done.stdout).toContain('app_token');
    expect(existsSync(home.configFile)).toBe(false);
  });

  it('manifest prints JSON with the scopes and commands', async () => {
    const done = await cc(home, ['slack', 'manifest', '--name', 'Coder']);
    const manifest = JSON.parse(done.stdout) as {
      display_information: { name: string };
      features: { slash_commands: { command: string }[] };
      settings: { socket_mode_enabled: boolean };
    };
    expect(manifest.display_information.name).toBe('Coder');
    expect(manifest.settings.socket_mode_enabled).toBe(true);
    expect(manifest.features.slash_commands.map(({ command }) => command)).toEqual(
      expect.arrayContaining(['/cc', '/new', '/model']),
    );
  });
});

describe('feishu', () => {
  let sim: FeishuSim;
  beforeEach(async () => {
    sim = await new FeishuSim().start();
    closing.push(() => sim.close());
  });
  const run = (way: string, args: readonly string[] = [], env = {}) =>
    setUp(['feishu', way, '--accounts-url', sim.url, '--domain', sim.url, ...args], env);

  it('setup makes an app by a scan, and its owner may use it at once', async () => {
    sim.http.registration.polls = [
      { error: 'authorization_pending' },
      {
        client_id: sim.appId,
        client_secret: sim.appSecret,
        user_info: { open_id: sim.ann, tenant_brand: 'feishu' },
      },
    ];
    const image = join(home.home, 'code.png');
    const done = await run('setup', ['--project', 'fresh', '--qr-image', image, '--debug']);
    expect(done.code, done.stderr).toBe(0);
    expect(done.stdout).toMatch(/[▀▄█]{3}/);
    expect(done.stdout).toContain('https://open.feishu.cn/page/cli?user_code=ABCD-EFGH');
    expect(done.stdout).toContain('logged in as the bot');
    expect(done.stdout + done.stderr).not.toContain(sim.appSecret);
    expect(done.stderr).toContain('debug: authorization_pending');
    expect(readFileSync(image).subarray(1, 4).toString()).toBe('PNG');
    expect(config()).toContain(`app_id = "${sim.appId}"`);
    expect(config()).toContain(`allow_from = "${sim.ann}"`);
    expect(config()).toContain(`admin_from = "${sim.ann}"`);
    const checked = await cc(home, ['config', 'check', home.configFile]);
    expect(checked.code, checked.stdout).toBe(0);
  });

  it('new finds out that the person belongs to Lark', async () => {
    sim.http.registration.polls = [
      { user_info: { tenant_brand: 'lark' } },
      { client_id: sim.appId, client_secret: sim.appSecret, user_info: { tenant_brand: 'lark' } },
    ];
    const done = await run('new', ['--set-allow-from-empty', 'false']);
    expect(done.code, done.stderr).toBe(0);
    expect(config()).toContain('type = "lark"');
    expect(config()).not.toContain('admin_from');
  });

  it('a scan that is declined leaves nothing', async () => {
    sim.http.registration.polls = [{ error: 'access_denied' }];
    const done = await run('new');
    expect(done.code).toBe(1);
    expect(done.stderr).toContain('declined');
    expect(existsSync(home.configFile)).toBe(false);
  });

  it('bind checks an app one has and adds it to the project', async () => {
    ownConfig();
    const wrong = await run('bind', ['--app', `${sim.appId}:wrong-secret`]);
    expect(wrong.code).toBe(1);
    expect(config()).not.toContain('app_id');
    const done = await run('link', ['--app-id', sim.appId], { FEISHU_APP_SECRET: sim.appSecret });
    expect(done.code, done.stdout).toBe(0);
    expect(config()).toContain(`app_secret = "${ref('FEISHU_APP_SECRET')}"`);
    expect(config()).toContain('# my own words');
  });

  it.each([
    ['new', ['--app', 'cli_a:b']],
    ['setup', ['--app', 'no-colon']],
    ['setup', ['--platform-type', 'wechat']],
    ['bind', []],
  ])('%s %j is wrong use', async (way, args) => {
    expect((await run(way, args)).code).toBe(2);
  });
});

describe('weixin', () => {
  let sim: WeixinSim;
  beforeEach(async () => {
    sim = await WeixinSim.start();
    closing.push(() => sim.close());
  });
  const run = (way: string, args: readonly string[] = [], env = {}) =>
    setUp(['weixin', way, '--api-url', sim.url, '--cdn-url', sim.cdnUrl, ...args], env);

  it('setup replaces codes that run out, and writes what the scan gives', async () => {
    sim.qrStatuses = [
      { status: 'wait' },
      { status: 'expired' },
      { status: 'scaned' },
      {
        status: 'confirmed',
        bot_token: sim.token,
        ilink_bot_id: sim.botId,
        baseurl: sim.url,
        ilink_user_id: 'me@im.wechat',
      },
    ];
    const done = await run('setup');
    expect(done.code, done.stderr).toBe(0);
    expect(done.stdout).toContain('scan this one instead');
    expect(done.stdout).toContain('https://liteapp.weixin.qq.com/q/2');
    expect(done.stdout).toContain('Scanned.');
    expect(done.stdout).toContain('the login is good');
    expect(config()).toContain(`token = "${sim.token}"`);
    expect(config()).toContain(`account_id = "${sim.botId}"`);
    expect(config()).toContain('allow_from = "me@im.wechat"');
    const daemon = await Daemon.start(home);
    closing.push(() => daemon.stop());
    sim.personSends('me@im.wechat', '/version');
    await until(() => sim.messages.some(({ text }) => text.includes('cc-connect')), 'the answer');
  });

  it('bind takes the token from stdin or the environment and refuses one that has run out', async () => {
    sim.faults.expired = true;
    const refused = await run('bind', [], { WEIXIN_TOKEN: sim.token });
    expect(refused.code).toBe(1);
    expect(refused.stdout).toContain('the login has expired');
    sim.faults.expired = false;
    expect((await run('bind', [], { WEIXIN_TOKEN: sim.token })).code).toBe(0);
    expect(config()).toContain(`token = "${ref('WEIXIN_TOKEN')}"`);
  });

  it('gives up after the time it was given', async () => {
    const done = await run('new', ['--timeout', '1']);
    expect(done.code).toBe(1);
    expect(done.stderr).toContain('not scanned in time');
    expect(existsSync(home.configFile)).toBe(false);
  });
});
