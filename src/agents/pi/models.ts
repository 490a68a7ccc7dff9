import type { ModelInfo } from '../../core/agent-event.ts';
import { records, text, type Wire } from '../../kit/acp/wire.ts';
import { EFFORTS } from './options.ts';

/** One of the models that pi has a key for. */
export interface PiModel {
  readonly provider: string;
  readonly modelId: string;
}

/** How a model is called: `provider/model`, since several providers may offer the same. */
export function modelName(model: Wire): string | undefined {
  const id = text(model.id);
  const provider = text(model.provider);
  return id === undefined || provider === undefined ? id : `${provider}/${id}`;
}

/** The `models` of `get_available_models`. */
export function modelList(models: unknown): ModelInfo[] {
  return records(models).flatMap((model) => {
    const id = modelName(model);
    if (id === undefined) return [];
    const label = text(model.name);
    const efforts = model.reasoning === true ? { efforts: EFFORTS } : {};
    return [{ id, ...(label === undefined || label === id ? {} : { label }), ...efforts }];
  });
}

/** The model that people mean: by full name, by id, by label, or by a part that only one has. */
export function findModel(models: unknown, wanted: string): PiModel | undefined {
  const name = wanted.trim().toLowerCase();
  const known = records(models).flatMap((model) => {
    const [provider, modelId] = [text(model.provider), text(model.id)];
    return provider === undefined || modelId === undefined
      ? []
      : [{ provider, modelId, label: text(model.name) }];
  });
  const full = (model: PiModel) => `${model.provider}/${model.modelId}`.toLowerCase();
  const parts = known.filter((model) => full(model).includes(name));
  const found =
    known.find((model) => full(model) === name) ??
    known.find((model) => model.modelId.toLowerCase() === name) ??
    known.find((model) => model.label?.toLowerCase() === name) ??
    (parts.length === 1 ? parts[0] : undefined);
  return found === undefined || name === ''
    ? undefined
    : { provider: found.provider, modelId: found.modelId };
}
