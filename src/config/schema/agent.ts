/** Agents and the model providers they use. */
import * as z from 'zod';
import { at, openOptions, required, stringMap, strings } from './fields.ts';

const modelSchema = z.object({ model: required(), alias: z.string().default('') });
const models = () => z.array(modelSchema).default(() => []);

/** `[[providers]]` and `[[projects.agent.providers]]` */
export const providerSchema = z.object({
  at: at(),
  name: required(),
  api_key: z.string().default(''),
  base_url: z.string().default(''),
  model: z.string().default(''),
  models: models(),
  thinking: z.string().default(''),
  env: stringMap(),
  /** Variable the key travels in, interface spoken, headers sent: for the agents that can be told. */
  env_key: z.string().default(''),
  wire_api: z.string().default(''),
  http_headers: stringMap(),
  /** Empty: every agent. */
  agent_types: strings(),
  /** Base address per agent type. */
  endpoints: stringMap(),
  /** Model per agent type. */
  agent_models: stringMap(),
  /** Model list per agent type. */
  agent_model_lists: z.record(z.string(), z.array(modelSchema)).default(() => ({})),
  /** The same three for codex alone. */
  codex: z
    .object({ env_key: z.string().default(''), wire_api: z.string().default(''), http_headers: stringMap() })
    .optional(),
});

/** `[projects.agent]` and further agents of a project. */
export const agentSchema = z.object({
  at: at(),
  type: required(),
  /** What people call it when a project has several agents; default: its type. */
  name: z
    .string()
    .trim()
    .optional()
    .transform((value) => value || undefined),
  /** Other words that mean it, as in `/agent` and `@` mentions. */
  aliases: strings(),
  options: openOptions(),
  provider_refs: strings(),
  providers: z.array(providerSchema).default(() => []),
});
