import { describe, expect, it } from 'vitest';
import { answerBody, planFile, readApproval } from '../../../src/agents/claudecode/approvals.ts';
import { toolCall, toolDetail, toolResult } from '../../../src/agents/claudecode/tools.ts';

const rule = {
  type: 'addRules',
  rules: [{ toolName: 'Bash', ruleContent: 'touch *' }],
  behavior: 'allow',
  destination: 'localSettings',
};
const bash = {
  subtype: 'can_use_tool',
  tool_name: 'Bash',
  input: { command: 'touch a' },
  permission_suggestions: [
    rule,
    { type: 'addDirectories', directories: ['/w'], destination: 'session' },
    { type: 'setMode', mode: 'acceptEdits', destination: 'session' },
  ],
};

describe('a permission', () => {
  it('is shown with what would be done and the options there are', () => {
    expect(readApproval(bash).request).toEqual({
      kind: 'permission',
      tool: 'Bash',
      summary: 'touch a',
      detail: '```bash\ntouch a\n```',
      input: { command: 'touch a' },
      options: [
        { id: 'allow', label: '', role: 'allow' },
        { id: 'allow_always', label: '', role: 'allow_always' },
        { id: 'deny', label: '', role: 'deny' },
      ],
    });
    const without = readApproval({ ...bash, permission_suggestions: bash.permission_suggestions.slice(1) });
    expect(without.request.kind === 'permission' && without.request.options.map(({ id }) => id)).toEqual([
      'allow',
      'deny',
    ]);
  });

  it('is allowed with the input echoed, or with the edited one', () => {
    const open = readApproval(bash);
    expect(answerBody(open, { kind: 'option', optionId: 'allow' })).toEqual({
      behavior: 'allow',
      updatedInput: { command: 'touch a' },
    });
    const input = { command: 'touch b' };
    expect(answerBody(open, { kind: 'option', optionId: 'allow', input })).toMatchObject({
      updatedInput: input,
    });
  });

  it('[feature: always allow] keeps the rule alone, for the project and for this session', () => {
    expect(answerBody(readApproval(bash), { kind: 'option', optionId: 'allow_always' })).toEqual({
      behavior: 'allow',
      updatedInput: { command: 'touch a' },
      updatedPermissions: [rule, { ...rule, destination: 'session' }],
    });
  });

  it('is denied with a reason that is never empty', () => {
    const open = readApproval(bash);
    expect(answerBody(open, { kind: 'deny', message: 'no' })).toEqual({ behavior: 'deny', message: 'no' });
    expect(answerBody(open, { kind: 'option', optionId: 'deny' })).toMatchObject({ behavior: 'deny' });
    expect(answerBody(open, { kind: 'deny', message: ' ' }).message).not.toBe(' ');
  });
});

describe('a question', () => {
  const input = {
    questions: [
      {
        question: 'Which?',
        header: 'H',
        multiSelect: true,
        options: [{ label: 'A', description: 'd' }, { label: 'B' }],
      },
    ],
  };
  const request = { subtype: 'can_use_tool', tool_name: 'AskUserQuestion', input };

  it('is shown with its options', () => {
    expect(readApproval(request).request).toEqual({
      kind: 'question',
      tool: 'AskUserQuestion',
      questions: [
        {
          id: 'Which?',
          header: 'H',
          text: 'Which?',
          multiple: true,
          options: [{ label: 'A', description: 'd' }, { label: 'B' }],
        },
      ],
    });
  });

  it('is answered by its text, several choices as one string', () => {
    const answer = answerBody(readApproval(request), { kind: 'answers', answers: { 'Which?': ['A', 'B'] } });
    expect(answer).toEqual({ behavior: 'allow', updatedInput: { ...input, answers: { 'Which?': 'A, B' } } });
  });

  it('that holds no question is shown as a permission', () => {
    expect(readApproval({ ...request, input: {} }).request.kind).toBe('permission');
  });
});

describe('a plan', () => {
  const request = (input: object) => ({ subtype: 'can_use_tool', tool_name: 'ExitPlanMode', input });

  it('is taken from the input, else from the file', () => {
    const given = request({ plan: '# Plan', planFilePath: '/p.md' });
    expect(planFile(given)).toBeUndefined();
    expect(readApproval(given).request).toMatchObject({ kind: 'plan', plan: '# Plan' });
    const filed = request({ planFilePath: '/p.md' });
    expect(planFile(filed)).toBe('/p.md');
    expect(readApproval(filed, 'from file').request).toMatchObject({ plan: 'from file' });
    expect(readApproval(request({})).request).toMatchObject({ kind: 'plan', plan: '' });
  });
});

describe('a tool', () => {
  it('is shown in the form that fits it', () => {
    expect(toolCall('1', 'Bash', { command: 'ls' })).toMatchObject({ summary: 'ls', form: 'shell' });
    expect(toolCall('1', 'Read', { file_path: '/a' })).toMatchObject({ summary: '/a', form: 'plain' });
    expect(toolCall('1', 'Edit', { file_path: '/a', old_string: 'x\n', new_string: 'y\nz' })).toMatchObject({
      summary: '/a\n- x\n+ y\n+ z',
      form: 'diff',
    });
    expect(toolCall('1', 'mcp__x__y', { n: 1 })).toMatchObject({ summary: '{"n":1}', form: 'plain' });
    expect(toolCall('1', 'Empty', {})).toMatchObject({ summary: '' });
  });

  it('never breaks out of its fence', () => {
    expect(toolDetail('Bash', { command: 'echo "```"' })).toBe('````bash\necho "```"\n````');
  });

  it('has succeeded unless it says otherwise', () => {
    expect(toolResult({}, 'out', { stdout: 'out' })).toEqual({ ok: true, output: 'out', exitCode: 0 });
    expect(toolResult({ is_error: true }, 'Exit code 2\nno', undefined)).toMatchObject({
      ok: false,
      exitCode: 2,
    });
    expect(toolResult({}, 'text', undefined)).toEqual({ ok: true, output: 'text' });
  });
});
