export interface Program {
  readonly agent: string;
  readonly package: string;
  readonly version: string;
  readonly program: string;
  readonly always: boolean;
  readonly adapter?: string;
  readonly needs?: string;
}
export const repository: string;
export function programs(): Program[];
export function agentPrograms(): Program[];
export function untested(chosen: readonly Program[]): string[];
export const UNDER_TEST: string;
export function underTest(chosen: readonly Program[]): string;
export function testedVersions(packageName: string): string[];
export function ownerOf(file: string): string | undefined;
export function folderOf(program: Program): string;
export function pathOf(program: Program): string;
export function programCommand(packageName: string, version?: string): string[];
export function programPath(packageName: string, version?: string): string;
