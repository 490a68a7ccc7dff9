import { expect, it } from 'vitest';
import { elicitation } from '../../src/kit/elicitation.ts';

const form = (field: object) => ({ message: 'Please', requestedSchema: { properties: { a: field } } });
const options = (field: object) => {
  const request = elicitation(form(field), 'agent');
  return request.kind === 'question' ? request.questions[0]?.options : undefined;
};

it.each([
  ['in a field of its own', { const: 'Red', title: 'Red', description: 'warm' }],
  ['behind the value in the title', { const: 'Red', title: 'Red — warm' }],
])('shows what is said of an answer %s', (_where, option) => {
  expect(options({ type: 'string', oneOf: [option] })).toEqual([{ label: 'Red', description: 'warm' }]);
  expect(options({ type: 'array', items: { anyOf: [option] } })).toEqual([
    { label: 'Red', description: 'warm' },
  ]);
});

it('shows an answer of which nothing is said by its title', () => {
  expect(options({ type: 'string', oneOf: [{ const: 'r', title: 'Red' }, { const: 'b' }] })).toEqual([
    { label: 'Red' },
    { label: 'b' },
  ]);
});
