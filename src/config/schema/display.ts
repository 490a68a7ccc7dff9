/** What people see while a turn runs. */
import * as z from 'zod';
import { choice, choiceOr, count } from './fields.ts';

export const DISPLAY_MODES = ['full', 'compact', 'quiet'] as const;
export const CARD_MODES = ['legacy', 'rich'] as const;

/** `[display]` and `[projects.display]`: nothing has a default here, because a project's value shadows the global one. */
export const displaySchema = z.object({
  mode: choice(DISPLAY_MODES),
  card_mode: choice(CARD_MODES),
  thinking_messages: z.boolean().optional(),
  tool_messages: z.boolean().optional(),
  thinking_max_len: count().optional(),
  tool_max_len: count().optional(),
  history_max_len: count().optional(),
  show_context_indicator: z.boolean().optional(),
  show_workdir_indicator: z.boolean().optional(),
  reply_footer: z.boolean().optional(),
  hide_agent_footer: z.boolean().optional(),
});

/** `[stream_preview]` */
export const streamPreviewSchema = z.object({
  enabled: z.boolean().default(true),
  disabled_platforms: z.array(z.string()).default(() => []),
  interval_ms: count().default(1500),
  min_delta_chars: count().default(30),
  max_chars: count().default(2000),
});

/** `[instant_reply]`; empty content stands for the translated default text. */
export const instantReplySchema = z.object({
  enabled: z.boolean().default(false),
  content: z.string().default(''),
});

/** `[projects.references]`: how file references in answers are shown. */
export const referencesSchema = z.object({
  normalize_agents: z.array(z.string()).default(() => []),
  render_platforms: z.array(z.string()).default(() => []),
  display_path: choiceOr(
    ['absolute', 'relative', 'basename', 'dirname_basename', 'smart'],
    'dirname_basename',
  ),
  marker_style: choiceOr(['none', 'ascii', 'emoji'], 'emoji'),
  enclosure_style: choiceOr(['none', 'bracket', 'angle', 'fullwidth', 'code'], 'code'),
});
