import type { Opts } from 'grammy/types';
import { AppError } from '../../core/errors.ts';
import { isUnparsable } from './api-errors.ts';
import type { TextBody } from './render.ts';

/** The ways one text can be put, as fields of the call. */
export type TextForm = { readonly text: string; readonly parse_mode?: 'HTML' };
export type RichForm = { readonly rich_message: Opts<'sendRichMessage'>['rich_message'] };

/** Puts a text as well as the service takes it: rich where there is a rich form, else HTML, else bare words. */
export class TextForms {
  #richTaken = true;

  async put<T>(
    body: TextBody,
    plain: string,
    ways: { readonly rich: (form: RichForm) => Promise<T>; readonly text: (form: TextForm) => Promise<T> },
  ): Promise<T> {
    if (body.rich !== undefined && this.#richTaken) {
      try {
        return await ways.rich({ rich_message: { html: body.rich } });
      } catch (error) {
        if (!isRichRefused(error)) throw error;
        // A server that does not know the method is not asked again; a text it cannot read says nothing about others.
        if (!isUnparsable(error)) this.#richTaken = false;
      }
    }
    return this.orPlain(body.html, plain, ways.text);
  }

  /** Sends markup, and the bare words when the service cannot read it. */
  async orPlain<T>(html: string, plain: string, call: (form: TextForm) => Promise<T>): Promise<T> {
    try {
      return await call({ text: html, parse_mode: 'HTML' });
    } catch (error) {
      if (!isUnparsable(error)) throw error;
      return call({ text: plain });
    }
  }
}

/** Refusals about the chat or the message itself are not about the form. */
function isRichRefused(error: unknown): boolean {
  if (!(error instanceof AppError)) return false;
  if (error.code === 'telegram_method' || /: Not Found$/.test(error.message)) return true;
  return error.code === 'telegram_refused' && !/not modified|no text in the message/i.test(error.message);
}
