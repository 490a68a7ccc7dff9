import type { AgentEventBody, ModelInfo } from '../../core/agent-event.ts';

/** What the CLI calls the model that the environment describes; its name is the label. */
const ENV_MODEL = '__kimi_env_model__';

/** Settings with the names of models as a person knows them; the CLI takes those as well. */
export function withModelNames(body: AgentEventBody): AgentEventBody {
  if (body.kind !== 'settings') return body;
  const models = body.models?.map(modelNamed);
  const own = body.models?.find(({ id }) => id === body.model && id === ENV_MODEL)?.label;
  return {
    ...body,
    ...(models === undefined ? {} : { models }),
    ...(own === undefined ? {} : { model: own }),
  };
}

/** A model by the name a person knows. */
export function modelNamed(model: ModelInfo): ModelInfo {
  return model.id === ENV_MODEL && model.label ? { ...model, id: model.label } : model;
}
