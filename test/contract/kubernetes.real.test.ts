import { startControlPlane } from '../cluster/control-plane.ts';
import { describeKubernetes } from './kubernetes.ts';

describeKubernetes('a real control plane', startControlPlane);
