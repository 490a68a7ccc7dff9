import { describe, expect, it } from 'vitest';
import { agentTypes } from '../../src/agents/registry.ts';
import { platformTypes } from '../../src/platforms/registry.ts';
import { findCycle, importsOf, type SourceFile, sourceFiles } from './source-files.ts';

const files = sourceFiles();
const folderOf = (path: string) => path.split('/')[0] ?? '';

/** What each folder of `src` may import from; itself always. `agents` and `platforms` have rules of their own. */
const below: Readonly<Record<string, readonly string[]>> = {
  core: [],
  kit: ['core'],
  i18n: ['core', 'kit'],
  config: ['core', 'kit'],
  store: ['core', 'kit'],
  agents: ['core', 'kit'],
  platforms: ['core', 'kit'],
  engine: ['core', 'kit', 'i18n', 'store', 'config'],
  features: ['core', 'kit', 'i18n', 'store', 'config', 'engine'],
  servers: ['core', 'kit', 'i18n', 'store', 'config', 'engine', 'features', 'platforms', 'agents'],
};
/** Where everything is put together; nothing below may import these. */
const top = ['app', 'app.ts', 'cli', 'entries'];

function wrongImports(isWrong: (file: SourceFile, target: string) => boolean): string[] {
  return files.flatMap((file) =>
    file.imports.flatMap(({ target }) =>
      target !== undefined && isWrong(file, target) ? [`${file.path} → ${target}`] : [],
    ),
  );
}

describe('the layers', () => {
  it('are all known here', () => {
    const folders = new Set(files.map(({ path }) => folderOf(path)));
    expect([...folders].filter((name) => !(name in below) && !top.includes(name))).toEqual([]);
  });

  it('import downward only', () => {
    expect(
      wrongImports(({ path }, target) => {
        const [from, to] = [folderOf(path), folderOf(target)];
        return from !== to && !top.includes(from) && !(below[from] ?? []).includes(to);
      }),
    ).toEqual([]);
  });

  it('leave the command line to the program entries, and the entries to no one', () => {
    expect(
      wrongImports(
        ({ path }, target) =>
          (folderOf(target) === 'entries' && folderOf(path) !== 'entries') ||
          (folderOf(target) === 'cli' && !['cli', 'entries'].includes(folderOf(path))),
      ),
    ).toEqual([]);
  });

  it('keep adapters apart: each imports its own folder, the vocabulary and the kit only', () => {
    expect(
      wrongImports(({ path }, target) => {
        const [layer, adapter, file] = path.split('/');
        if ((layer !== 'agents' && layer !== 'platforms') || file === undefined) return false;
        return !target.startsWith(`${layer}/${adapter}/`) && !/^(core|kit)\//.test(target);
      }),
    ).toEqual([]);
  });

  it('keep features apart', () => {
    expect(
      wrongImports(({ path }, target) => {
        const [layer, feature] = path.split('/');
        return (
          layer === 'features' && target.startsWith('features/') && !target.startsWith(`features/${feature}/`)
        );
      }),
    ).toEqual([]);
  });

  it('load adapters only when a project uses them', () => {
    const registries = files.filter(({ path }) => path.endsWith('/registry.ts'));
    expect(registries).toHaveLength(2);
    for (const { path, imports } of registries)
      for (const one of imports.filter(({ target }) => target?.startsWith(`${folderOf(path)}/`)))
        expect(one).toMatchObject({ lazy: true });
  });

  it('name files that exist', () => {
    const known = new Set(files.map(({ path }) => path));
    expect(
      wrongImports(
        (_file, target) => target.endsWith('.ts') && !known.has(target) && !target.endsWith('.d.ts'),
      ),
    ).toEqual([]);
  });
});

describe('imports', () => {
  it('never run in a circle', () => {
    const edges = new Map(
      files.map(({ path, imports }) => [
        path,
        imports.flatMap(({ target, typeOnly, lazy }) => (target && !typeOnly && !lazy ? [target] : [])),
      ]),
    );
    expect(findCycle(edges)).toBeUndefined();
  });

  it('are read rightly by this test', () => {
    const text = `import a from 'a';
import type { B } from '../core/b.ts';
import {
  c,
  type D,
} from "./c.ts";
export { e } from './e.ts';
import './f.ts';
const g = await import('./g.ts');`;
    expect(importsOf('kit/x.ts', text)).toEqual([
      { specifier: 'a', target: undefined, typeOnly: false, lazy: false },
      { specifier: '../core/b.ts', target: 'core/b.ts', typeOnly: true, lazy: false },
      { specifier: './c.ts', target: 'kit/c.ts', typeOnly: false, lazy: false },
      { specifier: './e.ts', target: 'kit/e.ts', typeOnly: false, lazy: false },
      { specifier: './f.ts', target: 'kit/f.ts', typeOnly: false, lazy: false },
      { specifier: './g.ts', target: 'kit/g.ts', typeOnly: false, lazy: true },
    ]);
    expect(
      findCycle(
        new Map([
          ['a', ['b']],
          ['b', ['c']],
          ['c', ['b']],
        ]),
      ),
    ).toEqual(['b', 'c', 'b']);
  });
});

describe('the engine', () => {
  /** Names of products and services that have, or could have, an adapter. */
  const names = new Set([
    ...agentTypes.map(({ type }) => type),
    ...agentTypes.flatMap(({ binaries }) => binaries),
    ...platformTypes.map(({ type }) => type),
    ...['telegram', 'feishu', 'lark', 'slack', 'discord', 'matrix', 'dingtalk', 'wecom', 'wechat', 'weixin'],
    ...['whatsapp', 'mattermost', 'qq', 'qqbot', 'signal-cli', 'teams', 'zulip', 'imessage'],
    ...[
      'claude',
      'anthropic',
      'codex',
      'openai',
      'gemini',
      'opencode',
      'copilot',
      'kimi',
      'qwen',
      'grok',
      'acp',
    ],
  ]);
  const named = new RegExp(`(?<![\\p{L}\\p{N}])(${[...names].join('|')})(?![\\p{L}\\p{N}])`, 'giu');

  it('names no platform and no agent, not even in comments', () => {
    const found = files
      .filter(({ path }) => folderOf(path) === 'engine')
      .flatMap(({ path, text }) => [...text.matchAll(named)].map((match) => `${path}: ${match[0]}`));
    expect(found).toEqual([]);
  });

  it('would be caught naming one', () => {
    expect("if (type === 'telegram')".match(named)).toEqual(['telegram']);
    expect('telegraphic claudeware'.match(named)).toBeNull();
  });
});

describe('files', () => {
  /** Nothing but data: one long text or one long table. */
  const data = ['config/example-text.ts'];

  it('have at most 400 lines', () => {
    const long = files
      .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
      .filter(({ path, lines }) => lines > 400 && !data.includes(path) && !path.startsWith('i18n/texts/'));
    expect(long).toEqual([]);
  });

  it('export by name', () => {
    expect(files.filter(({ text }) => /^export default\b/m.test(text)).map(({ path }) => path)).toEqual([]);
  });

  it('are no barrels: an index is the entry of an adapter', () => {
    const barrels = files.filter(
      ({ path }) => /(^|\/)index\.ts$/.test(path) && !/^(agents|platforms)\/[^/]+\/index\.ts$/.test(path),
    );
    expect(barrels.map(({ path }) => path)).toEqual([]);
  });
});
