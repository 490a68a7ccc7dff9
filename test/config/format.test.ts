import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { formatConfig } from '../../src/config/format.ts';
import { parseToml } from '../../src/config/toml.ts';

describe('formatting a config', () => {
  it('collapses blank lines, separates headers and ends with one line break', () => {
    const text = '\n\n# top\na = 1   \n\n\n\nb = 2\n# owned\n[x]\nc = 3\n[y]\nd = 4\n\n\n';
    expect(formatConfig(text)).toBe('# top\na = 1\n\nb = 2\n\n# owned\n[x]\nc = 3\n\n[y]\nd = 4\n');
  });

  it('removes empty sections', () => {
    expect(formatConfig('[a]\n[b]\nc = 1\n[b.d]\n[[projects]]\nname = "x"\n[projects.display]\n')).toBe(
      '[b]\nc = 1\n\n[[projects]]\nname = "x"\n',
    );
  });

  it('keeps the blanks inside a text of several lines', () => {
    const text = 'a = """\nx  \n\n\n\ny"""\n';
    expect(formatConfig(text)).toBe(text);
  });

  it('changes nothing when run again', () => {
    const text = readFileSync(fileURLToPath(new URL('fixtures/team.toml', import.meta.url)), 'utf8');
    const once = formatConfig(text);
    expect(formatConfig(once)).toBe(once);
    expect(parseToml(once)).toEqual(parseToml(text));
  });

  it('refuses text that is not TOML', () => {
    expect(() => formatConfig('a = ')).toThrow(expect.objectContaining({ code: 'config_syntax' }));
  });
});
