import type { Button, FormField } from '../../core/card.ts';
import { AppError } from '../../core/errors.ts';
import type { Json, JsonObject } from '../../core/json.ts';

const ROWS = 5;
const ROW_BUTTONS = 5;
const OPTIONS = 25;
const LABEL = 80;
const OPTION_TEXT = 100;
const CUSTOM_ID = 100;
const STYLES = { primary: 1, default: 2, success: 3, danger: 4 } as const;

/** One row of a message, in the service's own form. */
export type Row = JsonObject;

/**
 * The custom ids of components. `b<n>:<data>` a button, `s<n>` a menu whose values are `<n>:<data>`, `f<n>:<data>` a
 * choice of the form `data`, `x:<data>` its submit button, `t:<data>` the button that asks for own words.
 */
export type PressedPart =
  | { readonly kind: 'button'; readonly data: string }
  | {
      readonly kind: 'choice';
      readonly data: string;
      readonly field: number;
      readonly values: readonly string[];
    }
  | { readonly kind: 'submit'; readonly data: string }
  | { readonly kind: 'words'; readonly data: string };

/** Reads what was pressed; undefined when it is not ours. */
export function readPressed(customId: string, values: readonly string[]): PressedPart | undefined {
  const [, letter, number, data = ''] = /^([bsfxt])(\d*)(?::([\s\S]*))?$/.exec(customId) ?? [];
  if (letter === 'b') return { kind: 'button', data };
  if (letter === 's') {
    const chosen = /^\d+:([\s\S]*)$/.exec(values[0] ?? '')?.[1];
    return chosen === undefined ? undefined : { kind: 'button', data: chosen };
  }
  if (letter === 'f') return { kind: 'choice', data, field: Number(number), values };
  if (letter === 'x') return { kind: 'submit', data };
  return letter === 't' ? { kind: 'words', data } : undefined;
}

/** Messages' worth of rows: five rows each; many buttons are packed, very many become menus. */
export function buttonRows(rows: readonly (readonly Button[])[]): Row[][] {
  const all = rows.flat();
  if (all.length === 0) return [];
  const loose = rows.flatMap((row) => groups(row, ROW_BUTTONS));
  const packed = loose.length <= ROWS ? loose : groups(all, ROW_BUTTONS);
  let number = 0;
  if (packed.length <= ROWS)
    return [packed.map((row) => actionRow(row.map((button) => buttonPart(button, number++))))];
  const menus = groups(all, OPTIONS).map((options, at) => menuRow(options, at));
  return groups(menus, ROWS);
}

/** Rows of a form: its choices as menus, its texts behind a button, and submit. */
export function formRows(fields: readonly FormField[], submit: Button): Row[] {
  const rows: Row[] = [];
  fields.forEach((field, at) => {
    if (field.kind !== 'choice' || rows.length >= ROWS - 1) return;
    const options = field.options.slice(0, OPTIONS);
    rows.push(
      actionRow([
        {
          type: 3,
          custom_id: customId(`f${at}:${submit.data}`, submit.label),
          placeholder: cut(field.label, 150),
          min_values: field.multiple ? 0 : 1,
          max_values: field.multiple ? options.length : 1,
          options: options.map(({ label, value, description }) => ({
            label: cut(label, OPTION_TEXT),
            value: cut(value, OPTION_TEXT),
            ...(description ? { description: cut(description, OPTION_TEXT) } : {}),
          })),
        },
      ]),
    );
  });
  const words = fields.find((field) => field.kind === 'text');
  const buttons: JsonObject[] = [];
  if (rows.length > 0)
    buttons.push({
      type: 2,
      style: STYLES.primary,
      label: cut(submit.label, LABEL),
      custom_id: customId(`x:${submit.data}`, submit.label),
    });
  if (words)
    buttons.push({
      type: 2,
      style: rows.length > 0 ? STYLES.default : STYLES.primary,
      label: cut(`✏️ ${words.label}`, LABEL),
      custom_id: customId(`t:${submit.data}`, submit.label),
    });
  return [...rows, ...(buttons.length > 0 ? [actionRow(buttons)] : [])];
}

/** The window that asks for the texts of a form; each named by the question before it. */
export function modalOf(data: string, title: string, fields: readonly FormField[]): JsonObject {
  let question: string | undefined;
  const inputs: JsonObject[] = [];
  for (const field of fields) {
    if (field.kind === 'choice') question = field.label;
    else if (inputs.length < 5) {
      inputs.push(
        actionRow([
          {
            type: 4,
            custom_id: cut(field.name, CUSTOM_ID),
            label: cut(question ?? field.label, 45),
            style: 2,
            required: false,
            max_length: 4000,
            placeholder: cut(field.placeholder ?? field.label, 100),
          },
        ]),
      );
      question = undefined;
    }
  }
  return { custom_id: `t:${data}`, title: cut(title || '✏️', 45), components: inputs };
}

function actionRow(components: JsonObject[]): Row {
  return { type: 1, components: components as readonly Json[] };
}

function buttonPart(button: Button, number: number): JsonObject {
  return {
    type: 2,
    style: STYLES[button.style ?? 'default'],
    label: cut(button.label, LABEL),
    custom_id: customId(`b${number}:${button.data}`, button.label),
  };
}

function menuRow(buttons: readonly Button[], number: number): Row {
  return actionRow([
    {
      type: 3,
      custom_id: `s${number}`,
      options: buttons.map((button, at) => ({
        label: cut(button.label, OPTION_TEXT),
        value: customId(`${at}:${button.data}`, button.label),
      })),
    },
  ]);
}

function customId(id: string, label: string): string {
  if (id.length <= CUSTOM_ID) return id;
  throw new AppError('button_data_too_long', `the payload of button "${label}" is too long`, {
    kind: 'validation',
  });
}

export function cut(text: string, most: number): string {
  const clean = text.trim() === '' ? '…' : text;
  return clean.length <= most ? clean : `${clean.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

function groups<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) =>
    items.slice(at * size, (at + 1) * size),
  );
}
