import type { PlatformCapabilities } from '../../core/capabilities.ts';

export const capabilities: PlatformCapabilities = {
  // Posts carry their key as metadata, and the history shows it.
  delivery: { kind: 'probe' },
  buttons: true,
  cards: true,
  forms: true,
  editNotifies: false,
  // chat.update: about 50 a minute for the whole workspace.
  previewPace: { directMs: 1200, groupMs: 3000 },
  previewMaxChars: 2800,
  // An edit takes 3,500 bytes, the status included.
  previewMaxBytes: 2900,
  maxUploadBytes: { image: 1024 * 1024 * 1024, file: 1024 * 1024 * 1024 },
  maxDownloadBytes: 1024 * 1024 * 1024,
  formattingHint:
    'The chat shows Markdown: headings, bold, lists, tables, quotes, links and fenced code. Images by link are not shown.',
};
