/** Refusals in the service's own form. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: number;

  constructor(status: number, code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export type Wire = Record<string, unknown>;

const isWire = (value: unknown): value is Wire =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const form = (what: string) => new Refusal(400, 50035, `Invalid Form Body: ${what}`);

function text(value: unknown, what: string, most: number, least = 0): void {
  if (typeof value !== 'string') throw form(`${what} is not a string`);
  if (value.length > most) throw form(`${what} is longer than ${most}`);
  if (value.trim().length < least) throw form(`${what} is required`);
}

/** Characters the service sees nothing in. */
const invisible = /[\s\u2800\p{Default_Ignorable_Code_Point}]/gu;

const messageFields = [
  'content',
  'embeds',
  'components',
  'flags',
  'allowed_mentions',
  'nonce',
  'enforce_nonce',
  'message_reference',
  'attachments',
  'tts',
];

/** The service passes over fields it does not know; here they are a mistake of the caller. */
function known(wire: Wire, names: readonly string[], what: string): void {
  const strange = Object.keys(wire).find((name) => !names.includes(name));
  if (strange !== undefined) throw form(`simulator: ${what} has no field "${strange}"`);
}

/** Checks a message to be made or the fields of an edit as the service does. */
export function checkMessage(body: Wire, files: number, edit: boolean): void {
  known(body, messageFields, 'message');
  if (files > 10) throw form('more than 10 files');
  const content = body.content ?? '';
  text(content, 'content', 2000);
  const embeds = (body.embeds ?? []) as unknown[];
  const components = (body.components ?? []) as unknown[];
  if (!Array.isArray(embeds) || embeds.length > 10) throw form('embeds');
  let total = 0;
  for (const embed of embeds) total += checkEmbed(embed);
  if (total > 6000) throw form('embeds are longer than 6000');
  checkRows(components, 5);
  // The service trims, and refuses what is blank then.
  const blank = String(content).replace(invisible, '') === '';
  if (blank && embeds.length === 0 && components.length === 0 && files === 0)
    throw new Refusal(400, 50006, 'Cannot send an empty message');
  if (!edit && body.nonce !== undefined) text(body.nonce, 'nonce', 25, 1);
  const allowed = body.allowed_mentions;
  if (allowed !== undefined) checkMentions(allowed);
}

/** Kinds of mentions and lists of ids exclude each other. */
function checkMentions(allowed: unknown): void {
  if (!isWire(allowed)) throw form('allowed_mentions');
  known(allowed, ['parse', 'users', 'roles', 'replied_user'], 'allowed_mentions');
  const parse = (allowed.parse ?? []) as unknown[];
  if (!Array.isArray(parse) || parse.some((kind) => !['everyone', 'users', 'roles'].includes(String(kind))))
    throw form('allowed_mentions.parse');
  for (const kind of ['users', 'roles'] as const) {
    const ids = (allowed[kind] ?? []) as unknown[];
    if (!Array.isArray(ids) || ids.length > 100 || new Set(ids).size !== ids.length)
      throw form(`allowed_mentions.${kind}`);
    if (ids.length > 0 && parse.includes(kind))
      throw form(`parse:["${kind}"] and ${kind}: [ids...] are mutually exclusive`);
  }
}

function checkEmbed(embed: unknown): number {
  if (!isWire(embed)) throw form('embed is not an object');
  known(embed, ['title', 'description', 'color', 'footer', 'fields'], 'embed');
  if (embed.title !== undefined) text(embed.title, 'embed.title', 256, 1);
  if (embed.description !== undefined) text(embed.description, 'embed.description', 4096);
  const footer = isWire(embed.footer) ? embed.footer.text : undefined;
  if (footer !== undefined) text(footer, 'embed.footer.text', 2048, 1);
  if (embed.title === undefined && !embed.description && footer === undefined) throw form('embed is empty');
  if (embed.color !== undefined && !(Number.isInteger(embed.color) && Number(embed.color) <= 0xffffff))
    throw form('embed.color');
  const fields = (embed.fields ?? []) as unknown[];
  if (!Array.isArray(fields) || fields.length > 25) throw form('embed.fields');
  const words = fields.flatMap((field) => {
    if (!isWire(field)) throw form('embed.field');
    text(field.name, 'embed.field.name', 256, 1);
    text(field.value, 'embed.field.value', 1024, 1);
    return [field.name, field.value];
  });
  return [embed.title, embed.description, footer, ...words].reduce<number>(
    (sum, part) => sum + String(part ?? '').length,
    0,
  );
}

/** Rows of components; ids are unique in a message. */
export function checkRows(rows: unknown, most: number): void {
  if (!Array.isArray(rows) || rows.length > most) throw form(`more than ${most} rows`);
  const ids = new Set<string>();
  for (const row of rows) {
    if (!isWire(row) || row.type !== 1 || !Array.isArray(row.components)) throw form('a row is not a row');
    const { components } = row;
    if (components.length < 1 || components.length > 5) throw form('a row has 1 to 5 components');
    for (const part of components) {
      if (!isWire(part)) throw form('component');
      text(part.custom_id, 'custom_id', 100, 1);
      if (ids.has(String(part.custom_id))) throw form('Component custom id cannot be duplicated');
      ids.add(String(part.custom_id));
      if (part.type !== 2 && components.length > 1) throw form('a menu needs a row of its own');
      if (part.type === 2) checkButton(part);
      else if (part.type === 3) checkMenu(part);
      else if (part.type === 4) checkInput(part);
      else throw form('unknown component');
    }
  }
}

function checkButton(part: Wire): void {
  if (![1, 2, 3, 4].includes(Number(part.style))) throw form('style');
  text(part.label, 'label', 80, 1);
}

function checkMenu(part: Wire): void {
  const options = part.options;
  if (!Array.isArray(options) || options.length < 1 || options.length > 25)
    throw form('a menu has 1 to 25 options');
  const values = new Set<unknown>();
  for (const option of options) {
    if (!isWire(option)) throw form('option');
    text(option.label, 'option.label', 100, 1);
    text(option.value, 'option.value', 100, 1);
    if (option.description !== undefined) text(option.description, 'option.description', 100, 1);
    if (values.has(option.value)) throw form('The specified option value is already used');
    values.add(option.value);
  }
  if (part.placeholder !== undefined) text(part.placeholder, 'placeholder', 150);
  if (Number(part.max_values ?? 1) > options.length) throw form('max_values');
}

function checkInput(part: Wire): void {
  text(part.label, 'label', 45, 1);
  if (![1, 2].includes(Number(part.style))) throw form('style');
  if (part.placeholder !== undefined) text(part.placeholder, 'placeholder', 100);
}

export function checkModal(data: unknown): void {
  if (!isWire(data)) throw form('data');
  text(data.title, 'title', 45, 1);
  text(data.custom_id, 'custom_id', 100, 1);
  checkRows(data.components, 5);
}

export function checkCommands(body: unknown): void {
  if (!Array.isArray(body)) throw form('not a list');
  if (body.length > 100)
    throw new Refusal(400, 30032, 'Maximum number of application commands reached (100)');
  const names = new Set<unknown>();
  for (const command of body as Wire[]) {
    if (
      !/^[-_'\p{L}\p{N}]{1,32}$/u.test(String(command.name)) ||
      String(command.name) !== String(command.name).toLowerCase()
    )
      throw form(`name ${String(command.name)}`);
    text(command.description, 'description', 100, 1);
    if (names.has(command.name)) throw form('duplicate name');
    names.add(command.name);
    for (const option of (command.options ?? []) as Wire[]) {
      text(option.name, 'option name', 32, 1);
      text(option.description, 'option description', 100, 1);
    }
  }
}
