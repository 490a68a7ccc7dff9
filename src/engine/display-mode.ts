import type { ProjectSettings } from './settings.ts';

export const displayModes = ['full', 'compact', 'quiet'] as const;
export type DisplayMode = (typeof displayModes)[number];

/** Where a mode chosen in the chat is kept: as a preference of the project. */
export const displayModePreference = { scope: 'project', name: 'display.mode' } as const;

/** Settings with another display mode: thinking and tools show in full mode only. */
export function withDisplayMode(settings: ProjectSettings, mode: DisplayMode): ProjectSettings {
  const shown = mode === 'full';
  return { ...settings, display: { ...settings.display, mode, thinking: shown, tools: shown } };
}

export function displayModeNamed(word: string): DisplayMode | undefined {
  return displayModes.find((mode) => mode === word.trim().toLowerCase());
}
