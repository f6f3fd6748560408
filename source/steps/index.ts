/** The eight steps, in their order. */
import type { Step } from '../plan/step.ts';
import { certsStep } from './certs.ts';
import { configStep } from './config.ts';
import { deployStep } from './deploy.ts';
import { launchStep } from './launch.ts';
import { monitorStep } from './monitor.ts';
import { permissionsStep } from './permissions.ts';
import { preflightStep } from './preflight.ts';
import { verifyStep } from './verify.ts';

export const steps: readonly Step[] = [
  configStep,
  preflightStep,
  certsStep,
  deployStep,
  permissionsStep,
  launchStep,
  verifyStep,
  monitorStep,
];
