import type { ModelInfo } from '../../core/agent-event.ts';
import { type Line, objects, text, texts } from './wire.ts';

/** The models of the `initialize` reply: what this login and version can really use. */
export function readModels(reply: Line): ModelInfo[] {
  return objects(reply, 'models').flatMap((model) => {
    const id = text(model, 'value');
    if (id === undefined) return [];
    const label = text(model, 'displayName');
    const description = text(model, 'description');
    const efforts = texts(model, 'supportedEffortLevels');
    return {
      id,
      ...(label === undefined ? {} : { label }),
      ...(description === undefined ? {} : { description }),
      ...(efforts.length === 0 ? {} : { efforts }),
    };
  });
}

/** The slash commands of the `initialize` reply, those of the project included. */
export function readCommands(reply: Line): { readonly name: string; readonly description: string }[] {
  return objects(reply, 'commands').flatMap((command) => {
    const name = text(command, 'name');
    return name === undefined ? [] : { name, description: text(command, 'description') ?? '' };
  });
}
