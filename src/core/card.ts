/** Cards as data: every platform renders them in its own form, plain text being the last resort. */

export type Tone =
  | 'blue'
  | 'green'
  | 'turquoise'
  | 'indigo'
  | 'violet'
  | 'orange'
  | 'wathet'
  | 'purple'
  | 'grey'
  | 'carmine'
  | 'red';
export type ButtonStyle = 'default' | 'primary' | 'danger' | 'success';

export interface Button {
  readonly label: string;
  /** Payload handed back as `Action.data`; at most 64 bytes UTF-8. */
  readonly data: string;
  readonly style?: ButtonStyle;
}

export interface SelectOption {
  readonly label: string;
  readonly value: string;
  readonly description?: string;
}

export type FormField =
  | { readonly kind: 'text'; readonly name: string; readonly label: string; readonly placeholder?: string }
  | {
      readonly kind: 'choice';
      readonly name: string;
      readonly label: string;
      readonly multiple: boolean;
      readonly options: readonly SelectOption[];
    };

export type CardBlock =
  /** Markdown as the agent or we wrote it. */
  | { readonly kind: 'text'; readonly markdown: string }
  /** Shown verbatim in a fence. */
  | { readonly kind: 'code'; readonly language: string; readonly code: string }
  | {
      readonly kind: 'fields';
      readonly fields: readonly { readonly label: string; readonly value: string }[];
    }
  | { readonly kind: 'divider' }
  /** One row per inner array; a platform may wrap rows. */
  | { readonly kind: 'buttons'; readonly rows: readonly (readonly Button[])[] }
  /** Submitting sends `Action.data = submit.data` and the values. Platforms without forms show nothing of it; text answers work. */
  | { readonly kind: 'form'; readonly fields: readonly FormField[]; readonly submit: Button }
  /** Small print. */
  | { readonly kind: 'note'; readonly text: string };

export interface Card {
  readonly title?: string;
  readonly tone?: Tone;
  readonly blocks: readonly CardBlock[];
}
