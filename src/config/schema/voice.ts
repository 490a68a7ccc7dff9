/** Speech recognition and speech output. */
import * as z from 'zod';
import { choiceOr, count, textOr } from './fields.ts';

/** A voice service: key, address and model; empty text stands for the service's default. */
const service = (model: string) =>
  z
    .object({ api_key: z.string().default(''), base_url: z.string().default(''), model: textOr(model) })
    .prefault({});

/** `[speech]` */
export const speechSchema = z.object({
  enabled: z.boolean().default(false),
  provider: choiceOr(['openai', 'groq', 'qwen', 'gemini'], 'openai'),
  /** Empty: detected. */
  language: z.string().default(''),
  openai: service('whisper-1'),
  groq: service('whisper-large-v3-turbo'),
  qwen: service('qwen3-asr-flash'),
  gemini: service('gemini-flash-latest'),
});

const TTS_PROVIDERS = ['openai', 'qwen', 'minimax', 'mimo', 'espeak', 'pico', 'edge'] as const;

const voice = {
  voice: z.string().optional(),
  /** Another name of `voice`. */
  voice_id: z.string().optional(),
  speed: z.number().positive().optional(),
  language_type: z.string().optional(),
};

/** `[tts]` with `[tts.agents.<project>]` overrides. */
export const ttsSchema = z.object({
  enabled: z.boolean().default(false),
  provider: choiceOr(TTS_PROVIDERS, 'openai'),
  ...voice,
  tts_mode: choiceOr(['voice_only', 'always'], 'voice_only'),
  /** Longer answers stay text; 0 means no limit. */
  max_text_len: count().default(0),
  openai: service(''),
  qwen: service(''),
  minimax: z
    .object({
      api_key: z.string().default(''),
      base_url: z.string().default(''),
      model: z.string().default(''),
      /** JSON with api_key, api_host, base_url; default `<data_dir>/config/minimax.json`. */
      config_file: z.string().default(''),
    })
    .prefault({}),
  mimo: service(''),
  agents: z
    .record(
      z.string(),
      z.object({ provider: z.string().optional(), ...voice, max_text_len: count().optional() }),
    )
    .default(() => ({})),
});
