/** What a person sees of Discord's Markdown. */
export function visible(source: string): string {
  let seen = '';
  const fences = /```(?:([\w+#.-]*)\n)?([\s\S]*?)```/g;
  let from = 0;
  for (const match of source.matchAll(fences)) {
    seen += inline(source.slice(from, match.index)) + (match[2] ?? '');
    from = match.index + match[0].length;
  }
  return seen + inline(source.slice(from));
}

function inline(text: string): string {
  let seen = '';
  for (let rest = text; rest !== ''; ) {
    const start = seen === '' || seen.endsWith('\n');
    const line = start ? /^(\s*)(?:#{1,3} |-# |> |>>> )/.exec(rest) : null;
    const code = /^(`+)(?!`)([\s\S]*?[^`])\1(?!`)/.exec(rest);
    const escaped = /^\\([^a-zA-Z0-9\s])/.exec(rest);
    const link = /^\[((?:\\.|[^\]\\])*)\]\((https?:[^)\s]*)\)/.exec(rest);
    const mark = /^(\*\*\*|\*\*|\*|~~|__|\|\|)(?=\S)([\s\S]*?[^\s\\])\1/.exec(rest);
    if (line) [seen, rest] = [seen + (line[1] ?? ''), rest.slice(line[0].length)];
    else if (escaped) [seen, rest] = [seen + escaped[1], rest.slice(2)];
    else if (code) [seen, rest] = [seen + code[2], rest.slice(code[0].length)];
    else if (link)
      [seen, rest] = [`${seen}${inline(link[1] ?? '')} (${link[2]})`, rest.slice(link[0].length)];
    else if (mark) [seen, rest] = [seen + inline(mark[2] ?? ''), rest.slice(mark[0].length)];
    else [seen, rest] = [seen + rest.charAt(0), rest.slice(1)];
  }
  return seen;
}
