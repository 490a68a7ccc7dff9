import type { AgentMode } from '../../core/agent.ts';
import type { AgentEventBody, ModelInfo } from '../../core/agent-event.ts';
import { bare } from './modes.ts';
import { record, records, text, type Wire } from './wire.ts';

/** A request that applies a change. */
export interface ConfigCall {
  readonly method: string;
  readonly params: Readonly<Record<string, string | boolean>>;
}

/** A change to ask the agent for. */
export interface ConfigChange {
  readonly name: string;
  readonly value: string;
  readonly call: ConfigCall;
}

interface Choice {
  readonly id: string;
  readonly label: string;
  readonly description: string;
}

/** One thing that can be chosen, and how the agent wants to be told. */
interface Setting {
  current: string | undefined;
  /** What it was when the session began; choosing "default" goes back to it. */
  initial: string | undefined;
  choices: readonly Choice[];
  /** Set for the newer `configOptions`; otherwise the older method counts. */
  configId?: string;
}

type Name = 'mode' | 'model' | 'effort';

/** Ids of modes in which nothing is asked, as the known agents name them. */
const BYPASS = /^(yolo|bypass-?permissions|full-access|autopilot|allow-?all)$/i;

/**
 * Mode, model and effort of one session. Agents tell them in up to three ways (`modes`, `models`,
 * `configOptions`); where several speak of the same thing the newest form counts.
 */
export class SessionConfig {
  readonly #settings = new Map<Name, Setting>();
  /** Every option of the newer form by its id, also those of no use to a chat. */
  readonly #options = new Map<string, Wire>();
  readonly #byArguments: boolean;

  /** @param byArguments the mode is chosen by arguments, and what the agent tells of modes would be a second list */
  constructor(byArguments = false) {
    this.#byArguments = byArguments;
  }

  /** Takes the reply to `session/new`, `session/load` or `session/resume`, or any later update. */
  read(reply: Wire): void {
    const modes = record(reply.modes);
    if (Array.isArray(modes.availableModes)) {
      this.#put('mode', text(modes.currentModeId), choices(modes.availableModes, 'id'));
    }
    const models = record(reply.models);
    if (Array.isArray(models.availableModels)) {
      this.#put('model', text(models.currentModelId), choices(models.availableModels, 'modelId'));
    }
    for (const option of records(reply.configOptions)) {
      this.#options.set(text(option.id) ?? '', option);
      const name = nameOf(option);
      if (name === undefined) continue;
      const offered = choices(flatten(option.options), 'value');
      this.#put(name, text(option.currentValue), offered, text(option.id));
    }
  }

  /** Takes a `session/update`; true when it was about settings. */
  update(update: Wire): boolean {
    const kind = update.sessionUpdate;
    if (kind === 'config_option_update') this.read(update);
    else if (kind === 'current_mode_update') {
      const setting = this.#settings.get('mode');
      const current = text(update.currentModeId);
      if (setting !== undefined && current !== undefined) setting.current = current;
    } else return false;
    return true;
  }

  /** Notes a change that the agent has confirmed by its reply. */
  applied(name: string, value: string): void {
    const setting = this.#settings.get(name as Name);
    if (setting !== undefined) setting.current = value;
  }

  /**
   * How to choose `wanted`; null goes back to the start value. `done` when it is so already, undefined when the
   * agent does not offer it.
   */
  change(sessionId: string, name: Name, wanted: string | null): ConfigChange | 'done' | undefined {
    const setting = this.#settings.get(name);
    if (setting === undefined) return undefined;
    const value = wanted === null ? setting.initial : pick(setting.choices, wanted);
    if (value === undefined) return undefined;
    if (value === setting.current) return 'done';
    return { name, value, call: callFor(sessionId, name, value, setting.configId) };
  }

  /** How to choose `wanted` (an id or label, or `true`/`false`) for an option by its id; undefined when it is not offered. */
  option(sessionId: string, configId: string, wanted: string): ConfigChange | undefined {
    const option = this.#options.get(configId);
    if (option === undefined) return undefined;
    const method = 'session/set_config_option';
    if (option.type === 'boolean') {
      const value = ['true', 'on', 'yes', '1'].includes(wanted.toLowerCase());
      const params = { sessionId, configId, type: 'boolean', value };
      return { name: configId, value: String(value), call: { method, params } };
    }
    const value = pick(choices(flatten(option.options), 'value'), wanted);
    if (value === undefined) return undefined;
    return { name: configId, value, call: { method, params: { sessionId, configId, value } } };
  }

  get modes(): readonly AgentMode[] {
    return (this.#settings.get('mode')?.choices ?? []).map(({ id, label, description }) => {
      const short = shortId(id);
      const aliases = [short, label.toLowerCase().replaceAll(/\s+/g, '-')].filter((alias) => alias !== id);
      return {
        id,
        aliases: [...new Set(aliases)],
        label,
        description,
        ...(BYPASS.test(short) ? { bypass: true } : {}),
      };
    });
  }

  get models(): readonly ModelInfo[] {
    const efforts = this.#settings.get('effort')?.choices.map(({ id }) => id);
    return (this.#settings.get('model')?.choices ?? []).map(({ id, label, description }) => ({
      id,
      label,
      ...(description === '' ? {} : { description }),
      ...(efforts === undefined ? {} : { efforts }),
    }));
  }

  settings(): AgentEventBody {
    const { models } = this;
    return {
      kind: 'settings',
      mode: this.#settings.get('mode')?.current,
      model: this.#settings.get('model')?.current,
      effort: this.#settings.get('effort')?.current,
      ...(models.length > 0 ? { models } : {}),
    };
  }

  #put(name: Name, current: string | undefined, offered: readonly Choice[], configId?: string): void {
    if (name === 'mode' && this.#byArguments) return;
    const known = this.#settings.get(name);
    if (known?.configId !== undefined && configId === undefined) return;
    this.#settings.set(name, {
      current: current ?? known?.current,
      initial: known?.initial ?? current,
      choices: offered,
      ...(configId === undefined ? {} : { configId }),
    });
  }
}

function callFor(sessionId: string, name: Name, value: string, configId: string | undefined): ConfigCall {
  if (configId !== undefined) {
    return { method: 'session/set_config_option', params: { sessionId, configId, value } };
  }
  // session/set_model never became stable, but agents that list `models` take it.
  return name === 'mode'
    ? { method: 'session/set_mode', params: { sessionId, modeId: value } }
    : { method: 'session/set_model', params: { sessionId, modelId: value } };
}

function nameOf(option: Wire): Name | undefined {
  if (option.type !== undefined && option.type !== 'select') return undefined;
  const id = text(option.id) ?? '';
  const category = text(option.category) ?? '';
  if (category === 'mode' || id === 'mode') return 'mode';
  if (category === 'model' || id === 'model') return 'model';
  if (category === 'thought_level' || id === 'effort' || id === 'reasoning_effort') return 'effort';
  return undefined;
}

/** Options may come in named groups. */
function flatten(options: unknown): readonly Wire[] {
  return records(options).flatMap((option) =>
    Array.isArray(option.options) ? records(option.options) : [option],
  );
}

function choices(list: unknown, idKey: string): readonly Choice[] {
  return records(list).flatMap((item) => {
    const id = text(item[idKey]);
    if (id === undefined) return [];
    return [{ id, label: text(item.name) ?? id, description: text(item.description) ?? '' }];
  });
}

function pick(offered: readonly Choice[], wanted: string): string | undefined {
  const plain = bare(wanted);
  const found =
    offered.find(({ id }) => id === wanted) ??
    offered.find(({ id }) => bare(id) === plain || bare(shortId(id)) === plain) ??
    offered.find(({ label }) => bare(label) === plain);
  return found?.id;
}

/** Some ids are URLs with the name as their fragment. */
function shortId(id: string): string {
  return id.slice(id.lastIndexOf('#') + 1);
}
