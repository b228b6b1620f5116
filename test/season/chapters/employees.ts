import { allowApproving, join } from '../membership.ts';
import type { Role, Season } from '../season.ts';

/** Employees by the codes of their departments and the roles that an administrator gives them. */
const staff = [
  ['finance', 'FINANCE', 'finance'],
  ['accounts', 'ACCOUNTS', 'accounts'],
  ['marketing', 'MARKETING', 'marketing'],
  ['it', 'IT', 'it'],
  ['legal', 'LEGAL', 'legal'],
  ['careHead', 'CUSTOMER_CARE', 'customer_care_head'],
  ['careDeputy', 'CUSTOMER_CARE', 'customer_care'],
  ['care', 'CUSTOMER_CARE', 'customer_care'],
  ['careViewer', 'CUSTOMER_CARE', 'customer_care_viewer'],
  ['vendorRelations', 'VENDOR_LIST', 'vendor_relations'],
  ['operations', 'OPS', 'operations'],
  ['customerData', 'CUSTOMER_DATA', 'customer_data'],
] as const satisfies readonly (readonly [Role, string, string])[];

const reviewers = [
  ['fieldOfficer', 'FO', 'Field Officer', 1],
  ['manager', 'OPS', 'Manager', 2],
  ['director', 'DIRECTORS', 'Director', 3],
  ['vicePresident', 'HO', 'Vice President', 4],
  ['executive', 'HO', 'Admin', 5],
] as const satisfies readonly (readonly [Role, string, string, number])[];

/** People join the platform, by invitation, and get their rights from those who may give them. */
export function employeesChapter(season: Season): void {
  const codes = new Map<Role, string>();
  const employee = (role: Role, departmentCode: string, designation: string) => {
    const employeeCode = `EMP-${String(codes.size + 1).padStart(3, '0')}`;
    codes.set(role, employeeCode);
    return {
      kind: 'employee',
      employeeCode,
      departmentCode,
      designation,
      employmentType: 'full_time',
      joiningDate: season.day(1),
    };
  };
  const codeOf = (role: Role) => codes.get(role) ?? '';

  describe('employees join', () => {
    it('an administrator invites HR, who accepts, and gives the role', async () => {
      const { admin, hr } = season.who;
      await join(admin, hr, employee('hr', 'HR', 'HR Officer'));
      const grant = { userId: hr.id(), roleCode: 'hr' };
      expect(await hr.refusedAct('grantRole', grant)).toBe('OB002');
      await admin.proveBy(
        'grantRole',
        grant,
        { by: hr, document: '{ myPermissions }' },
        { myPermissions: expect.arrayContaining(['employees.create']) },
      );
    });

    it('HR invites the employees of the departments and five reviewers', async () => {
      const { admin, hr } = season.who;
      const invitations = [
        ...staff.map(
          ([role, department]) => [role, employee(role, department, 'Officer')] as const,
        ),
        ...reviewers.map(
          ([role, department, title]) => [role, employee(role, department, title)] as const,
        ),
      ];
      await Promise.all(
        invitations.map(([role, invitation]) => join(hr, season.who[role], invitation)),
      );
      await Promise.all(
        staff.map(([role, , roleCode]) =>
          admin.act('grantRole', { userId: season.who[role].id(), roleCode }),
        ),
      );
      const { employees } = await hr.query('{ employees { totalCount } }');
      expect(employees.totalCount).toBe(1 + staff.length + reviewers.length);
    });

    it('a super admin makes an administrator; an administrator makes none', async () => {
      const { admin, secondAdmin, operations } = season.who;
      await secondAdmin.signIn();
      const grant = (person: { id: () => string }, roleCode: string) => ({
        userId: person.id(),
        roleCode,
      });
      await admin.act('grantRole', grant(secondAdmin, 'admin'));
      expect(await secondAdmin.refusedAct('grantRole', grant(operations, 'admin'))).toBe('OB002');
      expect(await secondAdmin.refusedAct('grantRole', grant(secondAdmin, 'hr'))).toBe('OB002');
    });

    it('HR proposes what each reviewer may approve, and an administrator confirms', async () => {
      const { admin, secondAdmin, hr } = season.who;
      for (const [role, , , hierarchyLevel] of reviewers) {
        await allowApproving(hr, hierarchyLevel < 5 ? secondAdmin : admin, codeOf(role), {
          hierarchyLevel,
          approvalLimit: '500000.00',
        });
      }
      const { employees } = await hr.query(
        '{ employees(orderBy: EMPLOYEE_CODE_ASC) { nodes { hierarchyLevel canApproveVendors } } }',
      );
      expect(
        employees.nodes.filter((found: { canApproveVendors: boolean }) => found.canApproveVendors),
      ).toEqual(
        reviewers.map(([, , , hierarchyLevel]) => ({ hierarchyLevel, canApproveVendors: true })),
      );
    });

    it('a user who proposes rights does not confirm them; level 5 is for a super admin', async () => {
      const { admin, secondAdmin, hr, fieldOfficer, operations } = season.who;
      const { result } = await hr.act(
        'setEmployeeApproval',
        { employeeId: fieldOfficer.id(), canApproveVendors: false, hierarchyLevel: 1 },
        '{ result { id } }',
      );
      const confirm = { proposalId: result.id, approve: true };
      expect(await hr.refusedAct('confirmEmployeeApproval', confirm)).toBe('OB002');
      await admin.act('confirmEmployeeApproval', {
        ...confirm,
        approve: false,
        reason: 'Farah goes on.',
      });
      const { result: high } = await hr.act(
        'setEmployeeApproval',
        { employeeId: operations.id(), canApproveVendors: false, hierarchyLevel: 5 },
        '{ result { id } }',
      );
      const decide = { proposalId: high.id, approve: false, reason: 'Level 5 is complete.' };
      expect(await secondAdmin.refusedAct('confirmEmployeeApproval', decide)).toBe('OB002');
      await admin.act('confirmEmployeeApproval', decide);
    });

    it('an invitation is declined, sent again, and revoked', async () => {
      const { hr, stranger } = season.who;
      const invite = async (code: string) => {
        const { result } = await hr.act(
          'inviteMember',
          {
            ...employee('stranger', 'STAFF', 'Clerk'),
            employeeCode: code,
            name: stranger.name,
            mobile: stranger.mobile,
          },
          '{ result { id } }',
        );
        return { invitationId: result.id };
      };
      await stranger.prove('declineInvitation', await invite('EMP-901'), {
        result: { status: 'declined' },
      });
      const second = await invite('EMP-902');
      season.market.clock.advanceTo(season.at(1, '10:05'));
      await hr.prove('resendInvitation', second, { result: { status: 'open', resentCount: 1 } });
      await hr.prove('revokeInvitation', second, { result: { status: 'revoked' } });
      expect(await stranger.refusedAct('acceptInvitation', second)).toBe('OB030');
    });

    it('HR keeps the records of employees; only who may see pay sees it', async () => {
      const { hr, care, careHead } = season.who;
      const employeeId = care.id();
      await hr.prove(
        'updateEmployee',
        {
          id: employeeId,
          patch: { designation: 'Senior Agent', reportingManagerId: careHead.id() },
        },
        { employee: { designation: 'Senior Agent', reportingManagerId: careHead.id() } },
      );
      await hr.prove(
        'createEmployeePrivateDetail',
        { employeePrivateDetail: { employeeId, basicSalary: '30000.00' } },
        { employeePrivateDetail: { basicSalary: '30000.00' } },
      );
      await hr.prove(
        'updateEmployeePrivateDetail',
        { employeeId, patch: { basicSalary: '32000.00' } },
        { employeePrivateDetail: { basicSalary: '32000.00' } },
      );
      const pay = 'query ($id: UUID!) { employeePrivateDetail(employeeId: $id) { basicSalary } }';
      const seen = (person: typeof hr) => person.query(pay, { id: employeeId });
      expect((await seen(careHead)).employeePrivateDetail).toBeNull();
      expect((await seen(hr)).employeePrivateDetail).toEqual({ basicSalary: '32000.00' });
    });

    it('a role is taken away, and an account is suspended: both count at the next request', async () => {
      const { admin, legal } = season.who;
      const permissions = { by: legal, document: '{ myPermissions }' };
      await admin.proveBy('revokeRole', { userId: legal.id(), roleCode: 'legal' }, permissions, {
        myPermissions: [],
      });
      await admin.act('grantRole', { userId: legal.id(), roleCode: 'legal' });
      const status = (value: string) => ({ userId: legal.id(), status: value });
      await admin.prove('setAccountStatus', status('suspended'), {
        result: { status: 'suspended' },
      });
      expect(await legal.refusal('{ me { id } }')).toBe('OB006');
      await admin.act('setAccountStatus', status('active'));
      // Sessions ended with the suspension.
      season.market.clock.advanceTo(season.at(1, '10:10'));
      await legal.signIn();
      expect((await legal.query('{ me { status } }')).me).toEqual({ status: 'active' });
    });
  });
}
