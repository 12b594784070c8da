/* What `-msave-restore` calls at the start and end of a function instead of the same instructions in each: libgcc has
   it on a board. `t0` is the return address of `__riscv_save_N`, which keeps `ra` and s0 to s(N-1). All keep as much
   as the largest: simpler, and a few stores more. */
  .macro both what
  .irp number, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
  .globl __riscv_\what\()_\number
__riscv_\what\()_\number:
  .endr
  .endm

  .text
  both save
  addi sp, sp, -64
  sw s11, 12(sp)
  sw s10, 16(sp)
  sw s9, 20(sp)
  sw s8, 24(sp)
  sw s7, 28(sp)
  sw s6, 32(sp)
  sw s5, 36(sp)
  sw s4, 40(sp)
  sw s3, 44(sp)
  sw s2, 48(sp)
  sw s1, 52(sp)
  sw s0, 56(sp)
  sw ra, 60(sp)
  jr t0

  both restore
  lw s11, 12(sp)
  lw s10, 16(sp)
  lw s9, 20(sp)
  lw s8, 24(sp)
  lw s7, 28(sp)
  lw s6, 32(sp)
  lw s5, 36(sp)
  lw s4, 40(sp)
  lw s3, 44(sp)
  lw s2, 48(sp)
  lw s1, 52(sp)
  lw s0, 56(sp)
  lw ra, 60(sp)
  addi sp, sp, 64
  ret
