import { join } from '../membership.ts';
import type { Role, Season } from '../season.ts';

/** Departments get heads, deputies, members and viewers, who enter figures and see their dashboards. */
export function departmentsChapter(season: Season): void {
  const dashboardOf = (code: string) => `{ departmentDashboard(code: "${code}") { title } }`;

  describe('departments', () => {
    it('an administrator names heads and deputies; a head takes in members and viewers', async () => {
      const { admin, careHead } = season.who;
      const assign = (role: Role, departmentCode: string, assignmentType: string) => ({
        userId: season.who[role].id(),
        departmentCode,
        assignmentType,
      });
      const heads = [
        ['careHead', 'CUSTOMER_CARE'],
        ['finance', 'FINANCE'],
        ['hr', 'HR'],
        ['marketing', 'MARKETING'],
        ['it', 'IT'],
      ] as const;
      for (const [role, code] of heads) {
        await admin.prove('assignDepartmentMember', assign(role, code, 'head'), {
          result: { assignmentType: 'head', status: 'active' },
        });
      }
      const deputy = assign('careDeputy', 'CUSTOMER_CARE', 'deputy');
      expect(await careHead.refusedAct('assignDepartmentMember', deputy)).toBe('OB002');
      await admin.act('assignDepartmentMember', deputy);
      await careHead.act('assignDepartmentMember', assign('care', 'CUSTOMER_CARE', 'member'));
      await careHead.act('assignDepartmentMember', assign('careViewer', 'CUSTOMER_CARE', 'viewer'));
      const elsewhere = assign('legal', 'FINANCE', 'viewer');
      expect(await careHead.refusedAct('assignDepartmentMember', elsewhere)).toBe('OB002');
    });

    it('a head invites a member, who accepts, and leaves again', async () => {
      const { marketing, trainee, care } = season.who;
      const invitation = { kind: 'department_member', departmentCode: 'MARKETING', role: 'member' };
      const invite = { ...invitation, name: trainee.name, mobile: trainee.mobile };
      expect(await care.refusedAct('inviteMember', invite)).toBe('OB002');
      await join(marketing, trainee, invitation);
      expect(await trainee.outcome(dashboardOf('MARKETING'))).toBe('allowed');
      await trainee.act('leaveMembership', {
        kind: 'department_member',
        departmentCode: 'MARKETING',
      });
      expect(await trainee.outcome(dashboardOf('MARKETING'))).toBe('OB002');
    });

    it('an assignment is suspended and lifted: both count at the next request', async () => {
      const { careHead, careViewer, admin, legal } = season.who;
      // A viewer by assignment alone: the role of the department would let legal see it, too.
      await admin.act('assignDepartmentMember', {
        userId: legal.id(),
        departmentCode: 'CUSTOMER_CARE',
        assignmentType: 'viewer',
      });
      const { departmentUserAssignments } = await legal.query(
        '{ departmentUserAssignments { nodes { id userId } } }',
      );
      const own = departmentUserAssignments.nodes.find(
        ({ userId }: { userId: string }) => userId === legal.id(),
      );
      expect(await legal.outcome(dashboardOf('CUSTOMER_CARE'))).toBe('allowed');
      await careHead.prove(
        'setDepartmentAssignmentStatus',
        { assignmentId: own.id, status: 'suspended' },
        { result: { status: 'suspended' } },
      );
      expect(await legal.outcome(dashboardOf('CUSTOMER_CARE'))).toBe('OB002');
      await careHead.act('setDepartmentAssignmentStatus', {
        assignmentId: own.id,
        status: 'active',
      });
      expect(await legal.outcome(dashboardOf('CUSTOMER_CARE'))).toBe('allowed');
      await legal.prove(
        'updateDepartmentUserAssignment',
        { id: own.id, patch: { isPrimary: true } },
        { departmentUserAssignment: { isPrimary: true } },
      );
      expect(await careViewer.outcome(dashboardOf('FINANCE'))).toBe('OB002');
    });

    it('a head enters figures and sets targets, and the dashboard shows them', async () => {
      const { finance, care, hr, careHead } = season.who;
      const value = { kpiCode: 'hr_open_positions', day: season.day(1), value: '3.00' };
      expect(await finance.refusedAct('enterKpiValue', value)).toBe('OB002');
      await hr.prove('enterKpiValue', value, { result: { value: '3.00' } });
      const computed = { kpiCode: 'customer_care_open_tickets', day: season.day(1), value: '3' };
      expect(await careHead.refusedAct('enterKpiValue', computed)).toBe('OB050');
      const target = { kpiCode: 'customer_care_open_tickets', target: '5.00' };
      expect(await care.refusedAct('setKpiTarget', target)).toBe('OB002');
      await careHead.prove('setKpiTarget', target, { result: { target: '5.00' } });
      const { departmentDashboard } = await hr.query(
        `{ departmentDashboard(code: "HR") {
          department { kpiDefinitions { nodes { code figure { value } } } } } }`,
      );
      expect(departmentDashboard.department.kpiDefinitions.nodes).toContainEqual({
        code: 'hr_open_positions',
        figure: { value: '3.00' },
      });
    });
  });
}
