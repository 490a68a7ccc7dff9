const marker = 'NO_REPLY';

/** The text to show: undefined when the agent asked for silence, a trailing marker removed. */
export function withoutMarker(text: string): string | undefined {
  const trimmed = text.trim();
  if (trimmed.toUpperCase() === marker) return undefined;
  return /(^|\s)NO_REPLY\s*$/i.test(trimmed) ? trimmed.replace(/\s*NO_REPLY\s*$/i, '') : text;
}

/** While this holds the text may still turn out to be the marker: show nothing yet. */
export function mayBecomeMarker(text: string): boolean {
  const start = text.trimStart().toUpperCase();
  return start.length <= marker.length && marker.startsWith(start.trimEnd());
}
