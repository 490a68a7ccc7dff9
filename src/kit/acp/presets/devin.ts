import type { AcpPreset } from '../preset.ts';

/** Cognition's Devin, by its makers' documentation. */
export const devin: AcpPreset = {
  name: 'devin',
  label: 'Devin',
  command: 'devin',
  args: ['acp'],
  install: 'See https://docs.devin.ai',
  login: 'devin auth login',
  known: 'documented',
  stdinEnd: 'exits',
};
