import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { editToml } from '../../src/config/edit-text.ts';
import { parseToml, plain, sameToml } from '../../src/config/toml.ts';
import { AppError } from '../../src/core/errors.ts';

const SRC = `# top comment
language = "zh" # lang

[display]
mode = "full"   # show all
# thinking_max_len = 300

# ---- first project ----
[[projects]]
name = "a" # the a

[projects.agent]
type = "claudecode"
[projects.agent.options]
work_dir = "/x"
# mode = "default"

# the bot
[[projects.platforms]]
type = "telegram"
[projects.platforms.options]
token = "\${TOK}" # secret
# allow_from = "*"

# second bot
[[projects.platforms]]
type = "feishu"
  [projects.platforms.options]
  app_id = "x"
  app_secret = "y"

# ---- second project ----
[[projects]]
name = "b"
[projects.agent]
type = "codex"
`;

// biome-ignore lint/suspicious/noExplicitAny: drafts are free-form data
type Draft = any;
const edit = (text: string, mutate: (draft: Draft) => void): string => editToml(text, mutate);
/** Lines of `after` that are not in `before`, and the other way round. */
const changes = (before: string, after: string): { added: string[]; gone: string[] } => {
  const left = before.split('\n');
  const added: string[] = [];
  for (const line of after.split('\n')) {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    else added.push(line);
  }
  return { added: added.sort(), gone: left.sort() };
};

describe('editing a config text', () => {
  it('changes one value and nothing else', () => {
    const after = edit(SRC, (draft) => {
      draft.display.mode = 'quiet';
    });
    expect(after).toBe(SRC.replace('"full"   # show all', '"quiet"   # show all'));
  });

  it('puts a new key below its commented-out form', () => {
    const after = edit(SRC, (draft) => {
      draft.projects[0].platforms[0].options.allow_from = '1,2';
    });
    expect(after).toBe(SRC.replace('# allow_from = "*"\n', '# allow_from = "*"\nallow_from = "1,2"\n'));
  });

  it('takes the indentation of its neighbours', () => {
    const after = edit(SRC, (draft) => {
      draft.projects[0].platforms[1].options.group_only = true;
    });
    expect(after).toBe(SRC.replace('app_secret = "y"\n', 'app_secret = "y"\n  group_only = true\n'));
  });

  it('returns equal text when nothing changed', () => {
    expect(edit(SRC, () => undefined)).toBe(SRC);
  });

  it('removes a key with its line and keeps the comments around', () => {
    const after = edit(SRC, (draft) => {
      delete draft.projects[0].agent.options.work_dir;
    });
    expect(changes(SRC, after)).toEqual({ added: [], gone: ['work_dir = "/x"'] });
  });

  it('removes a platform with the comments that are its own', () => {
    const after = edit(SRC, (draft) => {
      draft.projects[0].platforms.splice(0, 1);
    });
    expect(changes(SRC, after)).toEqual({
      added: [],
      gone: [
        '',
        '# allow_from = "*"',
        '# the bot',
        '[[projects.platforms]]',
        '[projects.platforms.options]',
        `token = "\${TOK}" # secret`,
        'type = "telegram"',
      ],
    });
  });

  it('removes the last element of a list of sections', () => {
    const after = edit(SRC, (draft) => {
      draft.projects[0].platforms = [];
      draft.projects.splice(1, 1);
    });
    expect(parseToml(after)).toEqual(
      plain({
        language: 'zh',
        display: { mode: 'full' },
        projects: [{ name: 'a', agent: { type: 'claudecode', options: { work_dir: '/x' } } }],
      }),
    );
    expect(after).toContain('# ---- first project ----');
  });

  it('removes a project in the middle and keeps the comments of the others', () => {
    const three = `${SRC}\n# ---- third ----\n[[projects]]\nname = "c" # c\n`;
    const after = edit(three, (draft) => {
      draft.projects.splice(1, 1);
    });
    expect(after).toBe(
      `${SRC.slice(0, SRC.indexOf('# ---- second'))}# ---- third ----\n[[projects]]\nname = "c" # c\n`,
    );
  });

  it('adds a project, a platform and a section where they belong', () => {
    const after = edit(SRC, (draft) => {
      draft.projects[0].platforms.push({ type: 'line', options: { channel_token: `\${LINE}` } });
      draft.projects.push({ name: 'c', agent: { type: 'demo', options: { work_dir: '/c' } } });
      draft.management = { enabled: true };
    });
    const line = after.indexOf('type = "line"');
    expect(line).toBeGreaterThan(after.indexOf('app_secret'));
    expect(line).toBeLessThan(after.indexOf('# ---- second project'));
    expect(changes(SRC, after).gone).toEqual([]);
    expect(after).toContain(
      '[[projects]]\nname = "c"\n\n[projects.agent]\ntype = "demo"\n\n[projects.agent.options]\n',
    );
  });

  it('works with inline tables, dotted keys and sections without a header of their own', () => {
    const text =
      'display.mode = "full" # m\n[[projects]]\nname = "a"\nagent = { type = "demo" } # inline\n[projects.x.y]\nz = 1\n';
    const after = edit(text, (draft) => {
      draft.display.tool_messages = false;
      draft.projects[0].agent.options = { work_dir: '/w' };
      draft.projects[0].x.own = 2;
    });
    expect(after).toBe(
      'display.mode = "full" # m\ndisplay.tool_messages = false\n[[projects]]\nname = "a"\n' +
        'agent = { type = "demo", options = { work_dir = "/w" } } # inline\n\n[projects.x]\nown = 2\n\n[projects.x.y]\nz = 1\n',
    );
  });

  it('keeps the comments inside a list when elements come and go', () => {
    const text = 'ids = [\n  "a", # Ada\n  "b", # Bob\n  "c" # Cleo\n]\n';
    const added = edit(text, (draft) => {
      draft.ids.push('d');
    });
    expect(added).toBe('ids = [\n  "a", # Ada\n  "b", # Bob\n  "c", # Cleo\n  "d",\n]\n');
    const removed = edit(text, (draft) => {
      draft.ids.splice(1, 1);
    });
    expect(removed).toBe('ids = [\n  "a", # Ada\n  "c" # Cleo\n]\n');
  });

  it('refuses what would lose a comment', () => {
    const text = 'ids = [\n  "a", # Ada\n  "b",\n]\n';
    const rewrite = (): string =>
      edit(text, (draft) => {
        draft.ids = ['x', 'y'];
      });
    expect(rewrite).toThrow(AppError);
    expect(rewrite).toThrow(/a comment would be lost|holds comments/);
  });

  it('refuses text that is not TOML, with its place', () => {
    expect(() => edit('a = 1\nb = ', () => undefined)).toThrow(/line 2/);
  });

  it('keeps Windows line ends and the byte order mark', () => {
    const text = `\uFEFF${SRC.replaceAll('\n', '\r\n')}`;
    const after = edit(text, (draft) => {
      draft.queue = { max_depth: 3 };
      draft.language = 'en';
    });
    expect(after.startsWith('\uFEFF')).toBe(true);
    expect(after.replaceAll('\r\n', '')).not.toContain('\n');
    expect(after).toContain('[queue]\r\nmax_depth = 3\r\n');
  });

  it('does not take text in a string of several lines for comments or headers', () => {
    const text = '[display]\nx = """\n# not a comment\n[projects]\n"""\n# real\n[log]\nlevel = "info"\n';
    const after = edit(text, (draft) => {
      delete draft.log;
      draft.display.mode = 'full';
    });
    expect(after).toBe('[display]\nx = """\n# not a comment\n[projects]\n"""\nmode = "full"\n');
  });

  it('writes odd keys and texts so that they read back the same', () => {
    const values = {
      'a b': 'x',
      ключ: '"quoted"\n\ttab\u0001\u007f',
      '': '\\',
      big: 1e21,
      small: -0,
      no: false,
    };
    const after = edit('', (draft) => {
      draft.odd = values;
    });
    expect(sameToml(parseToml(after), plain({ odd: values }))).toBe(true);
  });
});

describe('edits of a large commented file', () => {
  const example = readFileSync(fileURLToPath(new URL('../../config.example.toml', import.meta.url)), 'utf8');
  const comments = (text: string): number => text.split('\n').filter((line) => line.startsWith('#')).length;

  it('keep every comment when each setting in turn is added', () => {
    const wanted: [string, string, unknown][] = [
      ['display', 'mode', 'quiet'],
      ['queue', 'max_depth', 9],
      ['speech', 'enabled', true],
      ['bridge', 'token', 'x'],
      ['restart', 'grace_secs', 5],
    ];
    for (const [section, key, value] of wanted) {
      const after = edit(example, (draft) => {
        draft[section] ??= {};
        draft[section][key] = value;
      });
      expect(comments(after)).toBe(comments(example));
      expect(changes(example, after).added).toEqual([`${key} = ${JSON.stringify(value)}`]);
    }
  });
});
