import type { AcpPreset } from '../preset.ts';

/** Alibaba's Qoder CLI; with 1.1.52 everything up to the login was seen. */
export const qoder: AcpPreset = {
  name: 'qoder',
  label: 'Qoder CLI',
  command: 'qodercli',
  args: ['--acp'],
  install: 'npm install -g @qoder-ai/qodercli',
  login: 'qodercli login',
  known: 'documented',
  oldest: '1.1.52',
  stdinEnd: 'exits',
};
